"""How wrong float32 must be expected to be, computed in float64: the same on every machine.

The net runs in float64. What an operation makes is rounded to float32; and a sum of n products,
whose every step an engine rounds, gets a random error of √n · u · Σ|aᵢbᵢ|, where u is half the
distance of 1 from the next number. (Higham and Mary, A new approach to probabilistic rounding error
analysis, 2019: so large is it with a high probability, whatever the order of the sum.) Real engines
are that wrong or less. Their own errors would differ from processor to processor; these don't, so
the tolerances that travel in a bundle can be multiples of them, and the same weights still give the
same bundle.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map

from digits_export.engines import Torch

# Engines that were measured come to between 2 and 12 % of the expected error.
_SHARE = 0.5
_BATCH = 4
_UNIT = float(np.finfo(np.float32).eps) / 2
_SEED = 5

aten = torch.ops.aten
# The operations that sum products, with what tells the number of terms: their weights' shape.
_SUMS: Mapping[Any, int] = {
    aten.addmm.default: 2,
    aten.mm.default: 1,
    aten.bmm.default: 1,
    aten.convolution.default: 1,
}


def tolerances(truth: Torch, canvases: NDArray[np.uint8]) -> dict[str, float]:
    """How far a device's float32 may be from float64, by output of a classifier.

    Args:
        truth: The classifier in float64.
        canvases: Its golden canvases, uint8 [G, *canvas].

    Returns:
        Half the largest expected error, rounded up to 1, 2 or 5 times a power of ten.
    """
    parts = [canvases[start : start + _BATCH] for start in range(0, len(canvases), _BATCH)]
    worst: dict[str, float] = {}
    for part in parts:
        exact = truth.run(part)
        with ExpectedFloat32():
            spoilt = truth.run(part)
        for name, values in exact.items():
            error = float(np.abs(spoilt[name] - values).max())
            worst[name] = max(worst.get(name, 0.0), error)
    return {name: _rounded_up(_SHARE * error) for name, error in worst.items()}


def _rounded_up(value: float) -> float:
    """The next of 1, 2, 5, 10, 20 … at any power of ten."""
    digit, _, power = f"{value:.3e}".partition("e")
    step = next(step for step in (1, 2, 5, 10) if step >= float(digit))
    return float(f"{step}e{power}")


class ExpectedFloat32(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Inside, what float64 operations make is as wrong as float32 must be expected to be."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._generator = torch.Generator().manual_seed(_SEED)

    def __torch_dispatch__(
        self,
        func: Any,
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Run the operation and spoil what it made."""
        del types
        options = dict(kwargs or {})
        made = func(*args, **options)
        if func in _SUMS:
            size = func(*tree_map(_absolute, args), **options)
            terms = _terms(args[_SUMS[func]])
            made = made + self._error(made) * size * (_UNIT * terms**0.5)
        return tree_map(_rounded, made)

    def _error(self, like: Tensor) -> Tensor:
        """Random numbers between -1 and 1."""
        return 2 * torch.rand(like.shape, generator=self._generator, dtype=like.dtype) - 1


def _terms(weights: Tensor) -> int:
    """The products in one sum: a matrix is [terms, outputs], a kernel [outputs, *terms]."""
    return weights.shape[-2] if weights.dim() < 4 else weights[0].numel()


def _absolute(value: Any) -> Any:
    return value.abs() if isinstance(value, Tensor) and value.is_floating_point() else value


def _rounded(value: Any) -> Any:
    if isinstance(value, Tensor) and value.dtype is torch.float64:
        return value.to(torch.float32).to(torch.float64)
    return value
