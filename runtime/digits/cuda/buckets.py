"""The batch sizes that run on a GPU: few, so that each can be prepared once and for all."""

from collections.abc import Sequence

# A large network gains nothing above this, and its activations take gigabytes.
_LARGEST_OF_LARGE = 256
_LARGEST = 4096
_LARGE = 50_000_000  # bytes of the model
# Up to this size a run takes as long as its launch, whatever is in it.
_LAUNCH_BOUND = 8
# The least share of a larger batch that must be filled; else a smaller one runs, then the rest.
_FULL = 0.75


def buckets_for(model_bytes: int) -> tuple[int, ...]:
    """The batch sizes for a model of that size, ascending: powers of two."""
    largest = _LARGEST_OF_LARGE if model_bytes > _LARGE else _LARGEST
    return tuple(1 << power for power in range(largest.bit_length()))


def next_bucket(remaining: int, buckets: Sequence[int]) -> int:
    """The batch size to run next.

    Args:
        remaining: Rows that are still to run, at least one.
        buckets: The batch sizes there are, ascending.

    Returns:
        The smallest that holds all rows, if that leaves little of it empty; else the largest that
        they fill.
    """
    below = [size for size in buckets if size <= remaining]
    above = [size for size in buckets if size >= remaining]
    if above and (not below or above[0] <= _LAUNCH_BOUND or remaining >= _FULL * above[0]):
        return above[0]
    return below[-1]
