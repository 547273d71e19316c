"""Cutting what is found into batches whose size follows the time that images take."""

from collections.abc import Iterator
from time import perf_counter

from digits.find import Found, Special

# Seconds that a batch should take: long enough that handing it over costs nothing, short enough
# that answers come steadily, and that no worker is left alone with the last photos.
_AIM = 0.1


class Batches:
    """Batches of what was found, which grow to their full size so that the first answer comes soon.

    Attributes:
        seconds: Time that finding took.
    """

    def __init__(self, found: Iterator[Found], largest: int) -> None:
        self._found = found
        self._largest = largest
        self._size = 1
        self._after: Found | None = None
        self.seconds = 0.0

    def next(self) -> list[Found]:
        """The next batch, empty at the end; what only this process can read comes alone."""
        started = perf_counter()
        batch = self._cut()
        self.seconds += perf_counter() - started
        return batch

    def took(self, count: int, seconds: float) -> None:
        """Learn what a batch of `count` images took."""
        fitting = int(_AIM * count / max(seconds, 1e-9))
        self._size = max(1, min(2 * self._size, self._largest, fitting))

    def _cut(self) -> list[Found]:
        batch: list[Found] = []
        while len(batch) < self._size:
            item = self._after or next(self._found, None)
            self._after = None
            if item is None:
                break
            if isinstance(item, Special) and batch:
                self._after = item
                break
            batch.append(item)
            if isinstance(item, Special):
                break
        return batch
