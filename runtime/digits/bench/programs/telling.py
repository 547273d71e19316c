"""How a program that is measured tells its figures: one JSON object, its last line on stdout."""

import json
import time
from collections.abc import Callable

# Seconds between two times that are written down: they must fit into one line.
_BETWEEN = 0.05


def tell(**figures: object) -> None:
    """Write figures."""
    print(json.dumps(figures))


class Clock:
    """When answers came; times are those of the monotonic clock, which all processes share."""

    def __init__(self) -> None:
        self.images = 0
        self._marks: list[tuple[float, int]] = []
        self._next = 0.0

    def answered(self, images: int) -> None:
        """So many more images have their answers now."""
        self.images += images
        now = time.monotonic()
        if now >= self._next:
            self._marks.append((now, self.images))
            self._next = now + _BETWEEN

    def tell(self) -> None:
        """Write what `digits.bench.contenders` reads."""
        self._next = 0.0
        self.answered(0)
        tell(marks=self._marks)


def rate(work: Callable[[], object], images: int, seconds: float) -> float:
    """Images/s of some work that is done again and again; the best of three parts of the time.

    Args:
        work: Handles `images` images.
        images: How many these are.
        seconds: How long to measure in all.
    """
    work()
    return max(mean_rate(work, images, seconds / 3) for _ in range(3))


def mean_rate(work: Callable[[], object], images: int, seconds: float) -> float:
    """Images/s of some work that handles so many, done again and again for so many seconds."""
    began, done = time.perf_counter(), 0
    while True:
        work()
        done += images
        took = time.perf_counter() - began
        if took >= seconds:
            return done / took
