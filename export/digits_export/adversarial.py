"""Canvases on which a classifier can hardly decide: where a difference would flip a label first.

Each canvas is moved along the gradient from its best class towards the second until the two nearly
tie; then single grey levels are chosen that bring them closer still. A canvas has whole levels, so
an exact tie is rare.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from digits_export.engines import Torch
from digits_export.gaps import best_gaps

Pixels = NDArray[np.uint8]

_PASSES = 4
_BISECTIONS = 14
_REFINEMENTS = 4
_LARGEST_STEP = 512.0  # grey levels of the pixel that moves most: enough for any canvas


def near_ties(truth: Torch, canvases: Pixels) -> Pixels:
    """Move canvases until the best two classes nearly tie.

    Args:
        truth: The classifier in float64.
        canvases: uint8 [N, *canvas].

    Returns:
        uint8 [N, *canvas]; a canvas whose label doesn't change on its way stays where its gap was
        smallest.
    """
    tied = torch.from_numpy(canvases).double()
    if not len(canvases):
        return canvases
    label = truth.logits(tied).argmax(1)
    for _ in range(_PASSES):
        tied = _to_the_border(truth, tied, label)
    for _ in range(_REFINEMENTS):
        tied = _refined(truth, tied)
    return np.asarray(tied.numpy(), np.uint8)


def gaps(truth: Torch, canvases: Pixels) -> NDArray[np.float64]:
    """Differences of the best two logits, float64 [N]."""
    return best_gaps(truth.run(canvases)["logits"])


def _to_the_border(truth: Torch, start: Tensor, label: Tensor) -> Tensor:
    """The last canvases, on straight ways towards the second class, that keep their label."""
    slope = _slope(truth, start, truth.logits(start).topk(2).indices)
    direction = -slope / slope.abs().flatten(1).amax(1).clamp(min=1e-300).reshape(_column(start))
    low, high = torch.zeros(_column(start)).double(), torch.full(_column(start), _LARGEST_STEP)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        kept = truth.logits(_moved(start, direction, middle)).argmax(1) == label
        kept = kept.reshape(_column(start))
        low, high = torch.where(kept, middle, low), torch.where(kept, high, middle)
    return _moved(start, direction, low)


def _refined(truth: Torch, canvases: Tensor) -> Tensor:
    """Change two grey levels by one wherever that closes the gap."""
    logits = truth.logits(canvases)
    pair = logits.topk(2).indices
    gap = _gap(logits, pair)
    slope = _slope(truth, canvases, pair)
    moved = torch.stack([_two_levels(*each) for each in zip(canvases, slope, gap, strict=True)])
    closer = _best_gap(truth.logits(moved)) < gap
    return torch.where(closer.reshape(_column(canvases)), moved, canvases)


def _two_levels(canvas: Tensor, slope: Tensor, gap: Tensor) -> Tensor:
    """Of all pairs of pixels, one up or down each, the pair that should cancel the gap."""
    levels, effect = canvas.flatten(), slope.flatten()
    up = torch.where(levels < 255, effect, torch.inf)
    down = torch.where(levels > 0, -effect, torch.inf)
    effects, order = torch.cat([up, down]).sort()
    usable = int(effects.isfinite().sum())
    effects, order = effects[:usable], order[:usable]
    partner = torch.searchsorted(effects, -gap - effects).clamp(max=usable - 1)
    first = int((effects + effects[partner] + gap).abs().argmin())
    moved = levels.clone()
    for index in (int(order[first]), int(order[partner[first]])):
        moved[index % len(levels)] += 1.0 if index < len(levels) else -1.0
    return moved.clamp(0, 255).reshape(canvas.shape)


def _slope(truth: Torch, canvases: Tensor, pair: Tensor) -> Tensor:
    """How the gap between two classes changes with each grey level."""
    leaf = canvases.clone().requires_grad_()
    try:
        with torch.enable_grad():
            gap = _gap(truth.logits(leaf), pair).sum()
        (slope,) = torch.autograd.grad(gap, leaf)
    except RuntimeError:  # a model that leaves torch on its way has no gradient
        return torch.zeros_like(canvases)
    return slope


def _gap(logits: Tensor, pair: Tensor) -> Tensor:
    chosen = logits.gather(1, pair)
    return chosen[:, 0] - chosen[:, 1]


def _best_gap(logits: Tensor) -> Tensor:
    best = logits.topk(2).values
    return best[:, 0] - best[:, 1]


def _moved(start: Tensor, direction: Tensor, step: Tensor) -> Tensor:
    return (start + step * direction).round().clamp(0, 255)


def _column(canvases: Tensor) -> tuple[int, ...]:
    """The shape of one number for each canvas."""
    return (len(canvases), *([1] * (canvases.dim() - 1)))
