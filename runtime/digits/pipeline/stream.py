"""Answers about many files, in their order: the first from this process, the rest from workers."""

import math
from collections import deque
from collections.abc import Generator, Iterable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import IO, TYPE_CHECKING

from digits.answers import Answers, predictions
from digits.errors import InputError
from digits.find import Found, Special
from digits.pipeline.batches import Batches
from digits.pipeline.reading import read_batch
from digits.prediction import Failure, Prediction
from digits.timings import Timings

if TYPE_CHECKING:
    from concurrent.futures import Future

    from digits.classifier import Classifier
    from digits.pipeline.pool import Pool

# Seconds that this process reads alone. A worker takes about as long to start, so a job that ends
# before has lost nothing, and one that goes on hardly anything.
PATIENCE = 0.3
# Batches for each worker that are under way or wait for their turn to be yielded.
_DEPTH = 3

Results = Sequence[Prediction | Failure]


def read_batches(
    classifier: "Classifier",
    files: Iterable[Found],
    *,
    batch_size: int,
    workers: int | None = None,
    stdin: IO[bytes] | None = None,
    timings: Timings | None = None,
) -> Generator[Results, None, None]:
    """One answer for each file, in their order, as many at once as were ready.

    Args:
        classifier: Reads them.
        files: What was found; failures are passed through.
        batch_size: Images that are classified together, at most.
        workers: Processes that read, once it is worth while to start them; 1 is
            this one alone, and None as many as there are cores allowed.
        stdin: What the path "-" stands for.
        timings: Gets the time that all this takes.
    """
    batches = Batches(iter(files), batch_size)
    run = _Run(classifier, batches, workers, stdin, timings or Timings())
    try:
        yield from run.all()
    finally:
        run.close()


class _Run:
    """One stream on its way."""

    def __init__(
        self,
        classifier: "Classifier",
        batches: Batches,
        workers: int | None,
        stdin: IO[bytes] | None,
        timings: Timings,
    ) -> None:
        self._classifier = classifier
        self._batches = batches
        self._workers = workers or 0
        self._stdin = stdin
        self._timings = timings
        self._started = perf_counter()
        self._alone = 0.0  # seconds of reading in this process
        self._pool: Pool | None = None

    def all(self) -> Generator[Results, None, None]:
        """Read all of it."""
        while batch := self._batches.next():
            if self._alone > PATIENCE:
                self._open_pool()
            if self._pool is not None and self._pool.ready:
                yield from self._overlapped(self._pool, batch)
                return
            yield self._results(batch, self._read_here(batch))

    def close(self) -> None:
        """End the workers, and note how long it took."""
        if self._pool is not None:
            self._pool.close()
        self._timings.add({"find": self._batches.seconds})
        self._timings.wall += perf_counter() - self._started

    def _open_pool(self) -> None:
        # Code that small jobs don't need.
        from digits.machine.limits import workers_allowed
        from digits.pipeline.pool import Pool

        self._workers = self._workers or workers_allowed()
        self._alone = -math.inf  # whatever comes of it, it isn't tried again
        if self._workers > 1:
            with suppress(RuntimeError):  # no more threads allowed: this process goes on alone
                self._pool = Pool(self._classifier, self._workers)
                self._timings.processes = 1 + self._workers

    def _overlapped(self, pool: "Pool", batch: list[Found]) -> Generator[Results, None, None]:
        """Keep the workers busy with what comes after the batch whose answers are wanted."""
        waiting: deque[tuple[list[Found], Future[Answers] | None]] = deque()
        while batch or waiting:
            while batch and len(waiting) < _DEPTH * self._workers:
                special = isinstance(batch[0], Special)
                waiting.append((batch, None if special else pool.submit(batch)))
                batch = self._batches.next()
            first, future = waiting.popleft()
            answers = self._read_here(first) if future is None else pool.result(future)
            yield self._results(first, answers)

    def _read_here(self, batch: list[Found]) -> Answers:
        started = perf_counter()
        answers = read_batch(self._classifier, batch, self._stdin)
        self._alone += perf_counter() - started
        return answers

    def _results(self, batch: list[Found], answers: Answers) -> Results:
        self._batches.took(len(batch), sum(answers.seconds.values()))
        self._timings.add(answers.seconds)
        self._timings.images += len(batch)
        names = [item if isinstance(item, str) else item.path for item in batch]
        results = predictions(self._classifier, answers, names)
        return [
            Failure(name, str(result)) if isinstance(result, InputError) else result
            for name, result in zip(names, results, strict=True)
        ]
