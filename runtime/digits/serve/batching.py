"""Images of requests that wait at the same time are read together.

A batch begins as soon as the one before it is done, with whatever has come meanwhile: nobody waits
for others to come. What an image costs falls to a seventh from one to sixteen.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import monotonic
from typing import TypeVar

from digits.classifier import Classifier
from digits.front import check_sides
from digits.images import Decoded
from digits.prediction import Prediction
from digits.serve.board import Board
from digits.serve.deadlines import before, late
from digits.serve.decoding import LONGEST_SIDE
from digits.serve.replies import busy

Result = TypeVar("Result")
Outcome = Prediction | Exception

# In one batch, so that a small image doesn't wait long for large ones; a fourth of a second.
_PIXELS = 4_000_000
# Of all that wait, three bytes each.
_MOST_PIXELS = 64_000_000


@dataclass(frozen=True, eq=False)
class _Waiting:
    image: Decoded
    future: "asyncio.Future[Prediction]"
    deadline: float

    @property
    def pixels(self) -> int:
        return self.image.pixels.size // 3


class Batcher:
    """Reads images with one classifier, in a thread of its own.

    Args:
        classifier: Reads them.
        board: Is told the sizes of batches, and how many wait.
        largest: Images in a batch, at most.
        queue: Images that may wait.
    """

    def __init__(self, classifier: Classifier, board: Board, largest: int, queue: int) -> None:
        self.classifier = classifier
        self._board = board
        self._largest = largest
        self._queue = queue
        self._waiting: deque[_Waiting] = deque()
        self._reading: list[_Waiting] = []
        self._pixels = 0
        self._jobs = 0
        self._busy = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="digits-batches")

    def check_room(self, images: int = 1) -> None:
        """Make sure that so many more may wait.

        Raises:
            Refused: They may not.
        """
        if len(self._waiting) + self._jobs + images > self._queue or self._pixels > _MOST_PIXELS:
            raise busy("too many images wait")

    async def read(self, image: Decoded, deadline: float) -> Prediction:
        """Read one image, with others that wait.

        Args:
            image: Decoded.
            deadline: When it is too late, on the monotonic clock.

        Raises:
            InputError: The front end fails on it, or it is too long.
            ModelError: The model fails.
            Refused: There is no room, or it took too long.
        """
        check_sides(image.pixels, LONGEST_SIDE)
        self.check_room()
        loop = asyncio.get_running_loop()
        waiting = _Waiting(image, loop.create_future(), deadline)
        self._waiting.append(waiting)
        self._pixels += waiting.pixels
        self._board.waits(1)
        if not self._busy:
            # After those that the loop finds in the same turn.
            self._busy = True
            loop.call_soon(self._start)
        return await waiting.future

    async def run(self, work: Callable[[], Result], deadline: float) -> Result:
        """Do something else with the classifier, between two batches.

        Raises:
            Refused: There is no room, or it took too long.
        """
        self.check_room()
        self._jobs += 1
        try:
            loop = asyncio.get_running_loop()
            return await before(deadline, loop.run_in_executor(self._thread, work))
        finally:
            self._jobs -= 1

    def expire(self) -> None:
        """Turn away those for whom it is too late, even if their batch never ends."""
        now = monotonic()
        for waiting in [*self._reading, *self._waiting]:
            if now > waiting.deadline:
                _settle(waiting, late())

    def close(self) -> None:
        """End the thread when it has nothing left to do."""
        self._thread.shutdown(wait=False)

    def _start(self) -> None:
        self._reading = batch = self._next()
        self._busy = bool(batch)
        if not batch:
            return
        self._board.batch(len(batch))
        loop = asyncio.get_running_loop()

        def work() -> None:
            outcomes = read_all(self.classifier, [waiting.image for waiting in batch])
            loop.call_soon_threadsafe(self._done, batch, outcomes)

        self._thread.submit(work)

    def _next(self) -> list[_Waiting]:
        batch: list[_Waiting] = []
        pixels = 0
        self.expire()
        while self._waiting and len(batch) < self._largest:
            pixels += self._waiting[0].pixels
            if batch and pixels > _PIXELS:
                break
            waiting = self._waiting.popleft()
            self._pixels -= waiting.pixels
            self._board.waits(-1)
            if not waiting.future.done():
                batch.append(waiting)
        return batch

    def _done(self, batch: list[_Waiting], outcomes: Sequence[Outcome]) -> None:
        for waiting, outcome in zip(batch, outcomes, strict=True):
            _settle(waiting, outcome)
        self._start()


def read_all(classifier: Classifier, images: Sequence[Decoded]) -> Sequence[Outcome]:
    """An answer or an error for each image; where the batch fails, each is read alone."""
    try:
        return classifier.answers(images, [None] * len(images))
    except Exception as error:
        if len(images) > 1:
            return [read_all(classifier, [image])[0] for image in images]
        return [error]


def _settle(waiting: _Waiting, outcome: Outcome) -> None:
    if waiting.future.done():
        return
    if isinstance(outcome, Exception):
        waiting.future.set_exception(outcome)
    else:
        waiting.future.set_result(outcome)
