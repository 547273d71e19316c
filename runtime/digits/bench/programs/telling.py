"""How a program that is measured tells its figures: one JSON object, its last line on stdout."""

import json
import time
from collections.abc import Callable


def tell(**figures: float | int | None) -> None:
    """Write figures; those that are None are left out."""
    print(json.dumps({name: value for name, value in figures.items() if value is not None}))


class Clock:
    """When answers came; times are those of the monotonic clock, which all processes share."""

    def __init__(self) -> None:
        self.images = 0
        self.early = 0
        self.first = 0.0
        self.last = 0.0

    def answered(self, images: int) -> None:
        """So many more images have their answers now."""
        self.last = time.monotonic()
        if not self.images:
            self.first, self.early = self.last, images
        self.images += images

    def tell(self) -> None:
        """Write what `digits.bench.measurements.folder` reads."""
        tell(images=self.images, early=self.early, first=self.first, last=self.last)


def rate(work: Callable[[], object], images: int, seconds: float) -> float:
    """Images/s of some work that is done again and again; the best of three parts of the time.

    Args:
        work: Handles `images` images.
        images: How many these are.
        seconds: How long to measure in all.
    """
    work()
    return max(_rate(work, images, seconds / 3) for _ in range(3))


def _rate(work: Callable[[], object], images: int, seconds: float) -> float:
    began, done = time.perf_counter(), 0
    while True:
        work()
        done += images
        took = time.perf_counter() - began
        if took >= seconds:
            return done / took
