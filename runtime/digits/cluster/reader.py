"""Reads one block of inputs, as `digits infer` does on one machine with one worker process.

The worker decodes, looks and, on the CPU, classifies. An image that kills it or keeps it waiting
is named and costs the actor nothing, as on one machine: no image is read in the actor itself.
"""

import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from digits.answers import Answers, predictions
from digits.cluster.inputs import Input
from digits.cluster.storage import fetch, is_address, locate
from digits.encoded import BYTE_LIMIT
from digits.errors import InputError
from digits.find import Fetched, Found
from digits.folder import BATCH
from digits.pipeline.batches import Batches
from digits.pipeline.pool import Pool
from digits.prediction import Failure, Prediction

if TYPE_CHECKING:
    from digits.classifier import Classifier

# Batches that are under way: the worker has two, and the next is there when it asks.
_DEPTH = 3
# A GET takes tens of milliseconds, most of which is waiting: so many at once keep one core busy
# with small images, and so many bytes are all that wait in memory.
_FETCHES = 32


class Reader:
    """Reads blocks with one worker process; close it when done."""

    def __init__(self, classifier: "Classifier", folder: str, batch_size: int = BATCH) -> None:
        """Start the worker.

        Args:
            classifier: Reads images.
            folder: What relative paths start from.
            batch_size: Images that are classified together, at most.
        """
        self._classifier = classifier
        self._folder = folder
        self._supply = _Supply()
        self._batches = Batches(self._supply, batch_size)
        self._pool = Pool(classifier, 1)
        self._fetchers = ThreadPoolExecutor(_FETCHES, "digits-fetch")

    def read(self, block: Sequence[Input]) -> list[Prediction | Failure]:
        """One answer for each input, in their order.

        Raises:
            ModelError: The model fails.
        """
        self._supply.items = self._found(block)
        under_way: deque[tuple[int, Future[Answers]]] = deque()
        results: list[Prediction | Failure] = []
        names = [item.path if isinstance(item, Failure) else item for item in block]
        while (batch := self._batches.next()) or under_way:
            if batch:
                under_way.append((len(batch), self._pool.submit(batch)))
            if not batch or len(under_way) == _DEPTH:
                results += self._results(names[len(results) :], *under_way.popleft())
        return results

    def close(self) -> None:
        """End the worker at once."""
        self._pool.close()
        self._fetchers.shutdown(wait=False, cancel_futures=True)

    def _results(
        self, names: list[str], count: int, future: "Future[Answers]"
    ) -> list[Prediction | Failure]:
        answers = self._pool.result(future)
        self._batches.took(count, sum(answers.seconds.values()))
        results = predictions(self._classifier, answers, names[:count])
        return [
            Failure(name, str(result)) if isinstance(result, InputError) else result
            for name, result in zip(names, results, strict=False)
        ]

    def _found(self, block: Sequence[Input]) -> Iterator[Found]:
        """What the worker gets: full paths, or the bytes of what is in object storage."""
        waiting: deque[Future[Found]] = deque()
        for item in block:
            if isinstance(item, str) and is_address(item):
                waiting.append(self._fetchers.submit(_fetched, item))
                if len(waiting) > _FETCHES:
                    yield waiting.popleft().result()
                continue
            yield from _drained(waiting)
            yield self._placed(item)
        yield from _drained(waiting)

    def _placed(self, item: Input) -> Found:
        if isinstance(item, Failure):
            return item
        return os.path.join(self._folder, item)  # noqa: PTH118, pathlib takes a hundred times it


class _Supply:
    """An iterator that goes on after its end, with the next block."""

    def __init__(self) -> None:
        self.items: Iterator[Found] = iter(())

    def __iter__(self) -> Iterator[Found]:
        return self

    def __next__(self) -> Found:
        return next(self.items)


def _drained(waiting: "deque[Future[Found]]") -> Iterator[Found]:
    while waiting:
        yield waiting.popleft().result()


def _fetched(address: str) -> Found:
    try:
        return Fetched(address, fetch(*locate(address), BYTE_LIMIT))
    except InputError as error:
        return Failure(address, str(error))
