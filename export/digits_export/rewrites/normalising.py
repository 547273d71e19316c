"""Scaling and normalising, as part of the first convolution's weights.

    w · ((x / full - mean) / std) + b  =  (w · scale) · x + (b - shift)

with scale = 1 / (full · std) and shift = Σw · mean / std. Where black pixels are added before
normalising, the convolution itself adds them: black is 0. The trained numbers stay in the file: the
product and the difference read nothing but constants, so engines compute them when they open it.

A linear layer could take it in, too; but its sums over a whole picture would lose more than a bit
of precision on bright pictures, to save a tenth of a microsecond for each thousand pixels.
"""

from typing import Any

import numpy as np
import onnx_ir

from digits_export.rewrites.layers import frame, frames, unpadded
from digits_export.rewrites.rule import Found, Rule
from digits_export.rewrites.values import constant, held, numbers, producer


class NormalisedConvolution(Rule):
    """Scaling, normalising, convolution → convolution.

    Args:
        bordered: Whether black pixels are added around the picture before normalising.
    """

    def __init__(self, *, bordered: bool) -> None:
        super().__init__()
        self._bordered = bordered

    def pattern(
        self, op: Any, x: Any, full: Any, border: Any, mean: Any, std: Any, weight: Any, bias: Any
    ) -> Any:
        """What to look for."""
        y = op.Div(x, full)
        y = op.Pad(y, border, _outputs=["bordered"]) if self._bordered else y
        y = op.Div(op.Sub(y, mean), std)
        return op.Conv(y, weight, bias, _outputs=["convolved"])

    def fits(self, found: Found) -> bool:
        """Whether all is constant, and only black pixels are added: later ones would be grey."""
        return (
            _foldable(found)
            and unpadded(producer(found["convolved"]))
            and (not self._bordered or frames(producer(found["bordered"])))
        )

    def write(self, op: Any, found: Found) -> Any:
        """Write it as one convolution."""
        attributes = dict(producer(found["convolved"]).attributes)
        if self._bordered:
            attributes["pads"] = onnx_ir.AttrInt64s("pads", frame(found["border"]))
        return op.Conv(found["x"], *_folded(op, found), **attributes)


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
