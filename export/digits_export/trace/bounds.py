"""How far a layer's output may be from float64, and how far an export's value is."""

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from digits_export.parity import EAGER_FACTOR
from digits_export.trace.layers import Layer

Array = NDArray[np.generic]

# What any float32 may leave of a layer's largest value: seven of its 24 bits.
SHARE = 2.0**-17

_PROBES = 61  # elements that are compared before all are


def bounds(truth: Sequence[Layer], eager: Sequence[Layer], share: float) -> list[float]:
    """The bound of each layer: as the proof's, but of the layer's own scale.

    Args:
        truth: Layers in float64.
        eager: The same in float32, by PyTorch. Its distance bounds nothing where it isn't finite,
            or where float32 took another way through the network.
        share: Allowed difference as a share of the largest value.
    """
    same = [layer.operation for layer in truth] == [layer.operation for layer in eager]
    others = eager if same else truth
    return [_bound(layer, other, share) for layer, other in zip(truth, others, strict=True)]


def _bound(truth: Layer, eager: Layer, share: float) -> float:
    """Integers, and what is true or false, must be the same."""
    if not np.issubdtype(truth.output.dtype, np.floating):
        return 0.0
    own = difference(eager.output, truth.output)
    scale = np.abs(truth.output, where=np.isfinite(truth.output), out=np.zeros(truth.output.shape))
    largest = float(scale.max(initial=0.0))
    return max(share * largest, EAGER_FACTOR * own if isfinite(own) else 0.0)


def difference(found: Array, expected: Array) -> float:
    """The largest absolute difference, element by element whatever the shapes; NaN is infinite."""
    if found.size != expected.size:
        return float("inf")
    # Infinity less infinity; and what is in memory that a graph fills later may be any NaN.
    with np.errstate(invalid="ignore"):
        ours = np.asarray(found, np.float64).reshape(-1)
        theirs = np.asarray(expected, np.float64).reshape(-1)
        apart = np.where(ours == theirs, 0.0, np.abs(ours - theirs))
    return float(np.nan_to_num(apart, nan=np.inf, posinf=np.inf).max(initial=0.0))


def close(found: Array, expected: Array, allowed: float) -> bool:
    """Whether the difference is within a bound; a few elements mostly tell that it isn't."""
    step = max(1, expected.size // _PROBES)
    probe = difference(found.reshape(-1)[::step], expected.reshape(-1)[::step])
    return probe <= allowed and difference(found, expected) <= allowed
