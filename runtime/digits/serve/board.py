"""Counters of all worker processes in one piece of shared memory, so that any of them can tell.

Each process writes a row of its own and reads all. A process that takes the place of another goes
on with its row, so that no counter ever falls.
"""

import mmap
import os
import sys
import tempfile
from bisect import bisect_left
from collections.abc import Iterator

ROUTES = ("predict", "infer", "v2", "metrics", "page", "docs", "other")
CODES = (200, 304, 400, 403, 404, 405, 408, 413, 415, 422, 431, 499, 500, 503)
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128)

_PID, _STARTS, _WAITING, _CONNECTIONS, _IMAGES = range(5)
_REQUESTS = 5
# Of each histogram: its buckets, one for what is beyond them, the sum.
_LATENCY = _REQUESTS + len(ROUTES) * len(CODES)
_LATENCY_CELLS = len(SECONDS) + 2
_BATCHES = _LATENCY + len(ROUTES) * _LATENCY_CELLS
_BATCH_CELLS = len(SIZES) + 2
CELLS = _BATCHES + _BATCH_CELLS

Histogram = tuple[list[float], float]


def open_memory(rows: int) -> int:
    """A descriptor of memory for so many processes, all zero."""
    size = rows * CELLS * 8
    if sys.platform == "linux":
        descriptor = os.memfd_create("digits-serve")
    else:
        descriptor, name = tempfile.mkstemp()
        os.unlink(name)  # noqa: PTH108
    os.ftruncate(descriptor, size)
    return descriptor


class Board:
    """One process's row, and a view of all.

    Args:
        memory: What `open_memory` gave; memory of its own if None.
        row: Which is ours.
        rows: How many there are.
    """

    def __init__(self, memory: int | None = None, row: int = 0, rows: int = 1) -> None:
        size = rows * CELLS * 8
        self._map = mmap.mmap(-1 if memory is None else memory, size)
        self._cells = memoryview(self._map).cast("d")
        self._at = row * CELLS
        self._rows = rows
        cells, at = self._cells, self._at
        cells[at + _PID] = os.getpid()
        cells[at + _STARTS] += 1
        cells[at + _WAITING] = cells[at + _CONNECTIONS] = 0

    def waits(self, change: int) -> None:
        """So many more images wait."""
        self._cells[self._at + _WAITING] += change

    def connections(self, count: int) -> None:
        """So many connections are open now."""
        self._cells[self._at + _CONNECTIONS] = count

    def batch(self, size: int) -> None:
        """A batch of so many images begins."""
        cells, at = self._cells, self._at + _BATCHES
        cells[at + bisect_left(SIZES, size)] += 1
        cells[at + _BATCH_CELLS - 1] += size
        cells[self._at + _IMAGES] += size

    def request(self, route: str, code: int, seconds: float) -> None:
        """A request was answered."""
        cells, place = self._cells, ROUTES.index(route)
        known = code if code in CODES else 500
        cells[self._at + _REQUESTS + place * len(CODES) + CODES.index(known)] += 1
        at = self._at + _LATENCY + place * _LATENCY_CELLS
        cells[at + bisect_left(SECONDS, seconds)] += 1
        cells[at + _LATENCY_CELLS - 1] += seconds

    def processes(self) -> list[int]:
        """Their numbers."""
        return [int(pid) for pid in self._column(_PID) if pid]

    @property
    def restarts(self) -> int:
        """How often a process took another's place."""
        return int(sum(max(0.0, starts - 1) for starts in self._column(_STARTS)))

    @property
    def waiting(self) -> int:
        """Images that wait."""
        return int(sum(self._column(_WAITING)))

    @property
    def open_connections(self) -> int:
        """Connections that are open."""
        return int(sum(self._column(_CONNECTIONS)))

    @property
    def images(self) -> int:
        """Images that were read."""
        return int(sum(self._column(_IMAGES)))

    def requests(self) -> Iterator[tuple[str, int, int]]:
        """Routes, codes, and how often each was answered with it."""
        for place, route in enumerate(ROUTES):
            for index, code in enumerate(CODES):
                count = sum(self._column(_REQUESTS + place * len(CODES) + index))
                if count:
                    yield route, code, int(count)

    def latency(self, route: str) -> Histogram:
        """Requests of a route by the seconds that they took, and the sum of these."""
        at = _LATENCY + ROUTES.index(route) * _LATENCY_CELLS
        return self._histogram(at, _LATENCY_CELLS)

    def batches(self) -> Histogram:
        """Batches by size, and the sum of these."""
        return self._histogram(_BATCHES, _BATCH_CELLS)

    def _histogram(self, at: int, cells: int) -> Histogram:
        found = [sum(self._column(at + index)) for index in range(cells)]
        return found[:-1], found[-1]

    def _column(self, cell: int) -> list[float]:
        return [self._cells[row * CELLS + cell] for row in range(self._rows)]
