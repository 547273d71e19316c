"""A convolution of few channels and its pooling, as one with four times the channels.

ONNX Runtime's convolutions compute sixteen channels at once (with AVX-512); of LeNet's first layer,
which has six, ten are thrown away. The four pixels of each pooling window are four convolutions
with the same weights, one pixel apart: as 24 channels of one convolution in steps of two pixels,
they fill two times sixteen much better. The pooling then goes over four neighbours in memory.
"""

from math import prod
from typing import Any

import numpy as np

from digits_export.rewrites.layers import halves, pads, plain
from digits_export.rewrites.rule import Found, Rule
from digits_export.rewrites.values import Array, held, known, numbers, own, producer, shaped

# Channels that ONNX Runtime's kernels compute at once, on processors with AVX-512.
_BLOCK = 16
# Side of the pooling windows, and the pixels in one.
_SIDE = 2
_PHASES = _SIDE * _SIDE

#: How the name of a constant ends that was spread over phases.
SPREAD = ".phases"


class PooledConvolution(Rule):
    """Convolution, activation and pooling of 2×2 → the same in phases, where that is less work."""

    def __init__(self, activation: str | None, pool: str) -> None:
        super().__init__()
        self._activation = activation
        self._pool = pool

    def pattern(self, op: Any, x: Any, weight: Any, bias: Any) -> Any:
        """What to look for."""
        y = op.Conv(x, weight, bias, _outputs=["convolved"])
        y = getattr(op, self._activation)(y) if self._activation else y
        return getattr(op, self._pool)(y, _outputs=["pooled"])

    def fits(self, found: Found) -> bool:
        """Whether it is what the rule takes it for, and gains by it."""
        weight, pooled = found["weight"], found["pooled"]
        return (
            plain(producer(found["convolved"]))
            and halves(producer(pooled))
            and len(known(pooled)) == 3
            and own(weight)
            and own(found["bias"])
            and pays(numbers(weight).shape)
        )

    def write(self, op: Any, found: Found) -> Any:
        """Write it in phases."""
        weight, bias, pooled = found["weight"], found["bias"], found["pooled"]
        kernels = spread(numbers(weight))
        y = op.Conv(
            found["x"],
            held(op, kernels, f"{weight.name}{SPREAD}"),
            held(op, repeated(numbers(bias)), f"{bias.name}{SPREAD}"),
            kernel_shape=kernels.shape[2:],  # for engines that can't tell it from computed weights
            strides=[_SIDE, _SIDE],
            pads=pads(producer(found["convolved"])),
        )
        y = getattr(op, self._activation)(y) if self._activation else y
        size = prod(known(pooled))
        y = shaped(op, y, (1, _PHASES, size), f"{weight.name}.windows")
        y = getattr(op, self._pool)(y, kernel_shape=[_PHASES, 1], strides=[_PHASES, 1])
        return shaped(op, y, known(pooled), f"{weight.name}.pooled")


def spread(kernels: Array) -> Array:
    """Kernels [O, I, h, w] for each pixel of a pooling window: [4·O, I, h+1, w+1]."""
    height, width = kernels.shape[2:]
    shape = spread_shape(kernels.shape)
    moved = np.zeros((_SIDE, _SIDE, len(kernels), *shape[1:]), kernels.dtype)
    for y, x in np.ndindex(_SIDE, _SIDE):
        moved[y, x, :, :, y : y + height, x : x + width] = kernels
    return moved.reshape(shape)


def spread_shape(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Shape of spread kernels, from that of the kernels."""
    count, channels, height, width = shape
    return _PHASES * count, channels, height + _SIDE - 1, width + _SIDE - 1


def repeated(bias: Array) -> Array:
    """A bias [O] for each pixel of a pooling window: [4·O]."""
    return np.tile(bias, _PHASES)


def gathered(values: Array) -> Array:
    """What such a convolution gives, [N, 4·O, h, w], as the plain one would: [N, O, 2·h, 2·w]."""
    count, channels, height, width = values.shape
    apart = values.reshape(count, _SIDE, _SIDE, channels // _PHASES, height, width)
    together = apart.transpose(0, 3, 4, 1, 5, 2)
    return together.reshape(count, channels // _PHASES, height * _SIDE, width * _SIDE)


def pays(shape: tuple[int, ...]) -> bool:
    """Whether a pooling window takes fewer products with spread kernels, from their shape."""
    return _products(spread_shape(shape)) < _PHASES * _products(shape)


def _products(shape: tuple[int, ...]) -> int:
    """For one place of a convolution: of all its channels, in whole blocks."""
    blocks = -(-shape[0] // _BLOCK)
    return blocks * _BLOCK * prod(shape[1:])
