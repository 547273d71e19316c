"""Sharing the batches of one call out among threads, each of which runs its own from end to end.

The layers of a small network are too short to be shared: two threads within one run wait for each
other at each of them. What a large one holds in memory is too much for many batches at once.
"""

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Scalar = TypeVar("Scalar", bound=np.generic)
Run = Callable[[NDArray[np.uint8]], NDArray[Scalar]]

# Bytes of a model whose layers are shared, not its batches.
_LARGE = 50_000_000
# Rows that are worth a thread.
_LEAST = 16


def callers_for(model_bytes: int, threads: int) -> int:
    """How many of a classifier's threads should call its session, each for a batch of its own."""
    return 1 if model_bytes > _LARGE else threads


def shared_out(
    run: Run[Scalar], rows: NDArray[np.uint8], largest: int, callers: int
) -> list[NDArray[Scalar]]:
    """Run rows in batches, on several threads if there are enough of them.

    Args:
        run: Called with a batch, perhaps by several threads at once.
        rows: [N, ...].
        largest: Rows in a batch, at most.
        callers: Threads.

    Returns:
        The results of the batches, in order.
    """
    size = max(1, min(largest, max(_LEAST, -(-len(rows) // callers))))
    batches = [rows[start : start + size] for start in range(0, len(rows), size)]
    if callers == 1 or len(batches) < 2:
        return list(map(run, batches))
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(callers, len(batches)), thread_name_prefix="digits") as pool:
        return list(pool.map(run, batches))
