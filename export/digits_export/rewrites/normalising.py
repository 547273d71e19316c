"""Scaling and normalising, as part of the first layer's weights.

    w · ((x / full - mean) / std) + b  =  (w · scale) · x + (b - shift)

with scale = 1 / (full · std) and shift = Σw · mean / std. Where black pixels are added before
normalising, the convolution itself adds them: black is 0. The trained numbers stay in the file: the
product and the difference read nothing but constants, so engines compute them when they open it.
"""

from typing import Any

import numpy as np
import onnx_ir

from digits_export.rewrites.layers import frame, frames, linear, pads
from digits_export.rewrites.rule import Found, Rule
from digits_export.rewrites.values import constant, held, numbers, producer


class NormalisedConvolution(Rule):
    """Scaling, normalising, convolution → convolution."""

    def pattern(
        self, op: Any, x: Any, full: Any, mean: Any, std: Any, weight: Any, bias: Any
    ) -> Any:
        """What to look for."""
        y = op.Div(op.Sub(op.Div(x, full), mean), std)
        return op.Conv(y, weight, bias, _outputs=["convolved"])

    def fits(self, found: Found) -> bool:
        """Whether all is constant, and the convolution adds no pixels itself: they aren't black."""
        return _foldable(found) and not any(pads(producer(found["convolved"])))

    def write(self, op: Any, found: Found) -> Any:
        """Write it as one convolution."""
        attributes = producer(found["convolved"]).attributes
        return op.Conv(found["x"], *_folded(op, found), **attributes)


class BorderedConvolution(Rule):
    """Scaling, black pixels around, normalising, convolution → convolution with padding."""

    def pattern(
        self, op: Any, x: Any, full: Any, border: Any, mean: Any, std: Any, weight: Any, bias: Any
    ) -> Any:
        """What to look for."""
        y = op.Pad(op.Div(x, full), border, _outputs=["bordered"])
        y = op.Div(op.Sub(y, mean), std)
        return op.Conv(y, weight, bias, _outputs=["convolved"])

    def fits(self, found: Found) -> bool:
        """As above, and whether the pixels are black."""
        added = pads(producer(found["convolved"]))
        return _foldable(found) and not any(added) and frames(producer(found["bordered"]))

    def write(self, op: Any, found: Found) -> Any:
        """Write it as one convolution."""
        own = producer(found["convolved"]).attributes
        attributes = {**own, "pads": onnx_ir.AttrInt64s("pads", frame(found["border"]))}
        return op.Conv(found["x"], *_folded(op, found), **attributes)


class NormalisedLinear(Rule):
    """Scaling, normalising, flattening, linear layer → flattening, linear layer."""

    def pattern(
        self, op: Any, x: Any, full: Any, mean: Any, std: Any, shape: Any, weight: Any, bias: Any
    ) -> Any:
        """What to look for."""
        y = op.Div(op.Sub(op.Div(x, full), mean), std)
        y = op.Reshape(y, shape, _outputs=["flat"])
        return op.Gemm(y, weight, bias, _outputs=["product"])

    def fits(self, found: Found) -> bool:
        """Whether all is constant, and it is what the rule takes it for."""
        return _foldable(found) and linear(producer(found["product"]))

    def write(self, op: Any, found: Found) -> Any:
        """Write it as one linear layer."""
        flat = producer(found["flat"])
        y = op.Reshape(found["x"], found["shape"], **flat.attributes)
        return op.Gemm(y, *_folded(op, found), transB=1)


def _foldable(found: Found) -> bool:
    """Whether the numbers are known, and those to normalise with are the same for all pixels."""
    single = [found[name] for name in ("full", "mean", "std")]
    return all(map(constant, (*single, found["weight"], found["bias"]))) and all(
        numbers(value).size == 1 for value in single
    )


def _folded(op: Any, found: Found) -> tuple[Any, Any]:
    """Weight and bias for pixels that are neither scaled nor normalised."""
    weight, bias = found["weight"], found["bias"]
    full, mean, std = (float(numbers(found[name]).item()) for name in ("full", "mean", "std"))
    kernels = numbers(weight)
    sums = kernels.astype(np.float64).sum(axis=tuple(range(1, kernels.ndim)))
    scale = np.array(1.0 / (full * std), kernels.dtype)
    shift = (sums * mean / std).astype(kernels.dtype)
    return (
        op.Mul(weight, held(op, scale, f"{weight.name}.scale")),
        op.Sub(bias, held(op, shift, f"{bias.name}.shift")),
    )
