"""A convolution that covers its whole input, as a matrix product.

For each image, a convolution reads all its weights for one number a channel; a matrix product reads
them once for several images.
"""

from typing import Any

from digits_export.rewrites.layers import plain, unpadded
from digits_export.rewrites.rule import Found, Rule
from digits_export.rewrites.values import Array, held, known, numbers, own, producer, shaped


class CoveringConvolution(Rule):
    """Convolution to 1×1, activation and flattening → flattening, matrix product, activation."""

    def __init__(self, activation: str | None) -> None:
        super().__init__()
        self._activation = activation

    def pattern(self, op: Any, x: Any, weight: Any, bias: Any, shape: Any) -> Any:
        """What to look for."""
        y = op.Conv(x, weight, bias, _outputs=["convolved"])
        y = getattr(op, self._activation)(y) if self._activation else y
        return op.Reshape(y, shape, _outputs=["flat"])

    def fits(self, found: Found) -> bool:
        """Whether it is what the rule takes it for."""
        weight, convolution = found["weight"], producer(found["convolved"])
        return (
            own(weight)
            and plain(convolution)
            and unpadded(convolution)
            and known(found["x"]) == numbers(weight).shape[1:]
            and known(found["flat"]) == numbers(weight).shape[:1]
        )

    def write(self, op: Any, found: Found) -> Any:
        """Write it as a product."""
        weight = found["weight"]
        matrix = flattened(numbers(weight))
        y = shaped(op, found["x"], matrix.shape[1:], f"{weight.name}.input")
        y = op.Gemm(y, held(op, matrix, f"{weight.name}.matrix"), found["bias"], transB=1)
        return getattr(op, self._activation)(y) if self._activation else y


def flattened(kernels: Array) -> Array:
    """Kernels [O, I, h, w] as a matrix [O, I·h·w]."""
    return kernels.reshape(len(kernels), -1)
