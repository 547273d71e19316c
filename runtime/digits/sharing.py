"""Sharing the batches of one call out among threads, each of which runs its own from end to end.

The layers of a small network are too short to be shared: two threads within one run wait for each
other at each of them. What a large one holds in memory is too much for many batches at once.
"""

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

Scalar = TypeVar("Scalar", bound=np.generic)
Run = Callable[[NDArray[np.uint8]], NDArray[Scalar]]

# Bytes of a model whose layers are shared, not its batches.
_LARGE = 50_000_000
# Rows that are worth a thread.
_LEAST = 16


def callers_for(model_bytes: int, threads: int) -> int:
    """How many of a classifier's threads should call its session, each for a batch of its own."""
    return 1 if model_bytes > _LARGE else threads


class Callers:
    """Threads that share the batches of a call out; they start with the first call that wants them.

    Args:
        count: How many; with one, whoever calls does all.
    """

    def __init__(self, count: int) -> None:
        self._count = count
        self._pool: ThreadPoolExecutor | None = None
        self._owner = 0

    def share_out(
        self, run: Run[Scalar], rows: NDArray[np.uint8], largest: int
    ) -> list[NDArray[Scalar]]:
        """Run rows in batches.

        Args:
            run: Called with a batch, perhaps by several threads at once.
            rows: [N, ...].
            largest: Rows in a batch, at most.

        Returns:
            The results of the batches, in order.
        """
        size = max(1, min(largest, max(_LEAST, -(-len(rows) // self._count))))
        batches = [rows[start : start + size] for start in range(0, len(rows), size)]
        if self._count == 1 or len(batches) < 2:
            return list(map(run, batches))
        return list(self._threads().map(run, batches))

    def _threads(self) -> "ThreadPoolExecutor":
        if self._pool is None or self._owner != os.getpid():  # a fork has none of its parent's
            from concurrent.futures import ThreadPoolExecutor

            self._pool = ThreadPoolExecutor(self._count, thread_name_prefix="digits")
            self._owner = os.getpid()
        return self._pool
