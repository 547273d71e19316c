"""Random changes to training images, a whole batch at a time, on the device of the batch."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

#: (images float [N, 1, 28, 28] in 0…1, strength, generator) → images of the same shape.
Augmentation = Callable[[Tensor, float, Generator], Tensor]

#: What strength 1 stands for.
DEGREES = 12.0
SCALE = 0.12
SHEAR = 0.15
SHIFT_PIXELS = 1.5
ELASTIC_PIXELS = 0.8


def augment(canvas: Tensor, dataset: str, strength: float, generator: Generator) -> Tensor:
    """Change a batch at random in ways that keep its labels.

    Args:
        canvas: uint8 [N, 28, 28].
        dataset: Decides what keeps a label: a mirrored shoe is a shoe, a mirrored 2 is no 2.
        strength: 0 for none, 1 for what is usual.
        generator: Source of randomness, on the device of the canvases.

    Returns:
        float [N, 28, 28] in 0…255.
    """
    images = canvas.unsqueeze(1).float() / 255
    if strength > 0:
        images = AUGMENTATIONS[dataset](images, strength, generator)
    return images.squeeze(1) * 255


def redraw(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Draw digits again with another pen, another hand and another slant."""
    images = _pen(images, strength, generator)
    images = _hand(images, strength, generator)
    return _edges(images, strength, generator)


def hang(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Flip one image in two from left to right, and hang it a little differently."""
    flip = _uniform(len(images), 0, 1, images, generator) < 0.5
    images = torch.where(flip.view(-1, 1, 1, 1), images.flip(3), images)
    return _hand(images, 0.3 * strength, generator)


AUGMENTATIONS: dict[str, Augmentation] = {"mnist": redraw, "fashion-mnist": hang}


def _uniform(count: int, low: float, high: float, like: Tensor, generator: Generator) -> Tensor:
    unit = torch.rand(count, generator=generator, device=like.device, dtype=like.dtype)
    return low + (high - low) * unit


def _pen(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Make strokes thicker or thinner, by up to about one pixel; half of them keep their width."""
    change = _uniform(len(images), -2, 2, images, generator).clamp(-1, 1)
    kept = _uniform(len(images), 0, 1, images, generator) < 0.5
    change = change.masked_fill(kept, 0).view(-1, 1, 1, 1) * min(0.7 * strength, 1)
    thick, thin = _dilate(images), -_dilate(-images)
    return torch.where(change > 0, images.lerp(thick, change), images.lerp(thin, -change))


def _dilate(images: Tensor) -> Tensor:
    """Return the largest of each pixel's 3×3 neighbours; on a CPU far faster than a max-pool."""
    for axis in (2, 3):
        size = images.shape[axis]
        before, after = images.narrow(axis, 0, size - 2), images.narrow(axis, 2, size - 2)
        inner = torch.maximum(images.narrow(axis, 1, size - 2), torch.maximum(before, after))
        first, last = images.narrow(axis, 0, 1), images.narrow(axis, size - 1, 1)
        images = torch.cat([first, inner, last], dim=axis)
    return images


def _hand(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Turn, stretch, slant, move and wobble."""
    count, size = len(images), images.shape[-1]

    def either(limit: float) -> Tensor:
        return _uniform(count, -limit * strength, limit * strength, images, generator)

    angle = either(math.radians(DEGREES))
    wide, high = torch.exp(either(SCALE)), torch.exp(either(SCALE))
    shear = either(SHEAR)
    pixel = 2 / size
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = [
        torch.stack([cos * wide, cos * shear - sin * high, either(SHIFT_PIXELS * pixel)], dim=1),
        torch.stack([sin * wide, sin * shear + cos * high, either(SHIFT_PIXELS * pixel)], dim=1),
    ]
    shape = [count, 1, size, size]
    grid = functional.affine_grid(torch.stack(rows, dim=1), shape, align_corners=False)
    coarse = torch.randn(count, 2, 5, 5, generator=generator, device=images.device)
    wobble = functional.interpolate(coarse, size=[size, size], mode="bicubic", align_corners=True)
    grid = grid + wobble.permute(0, 2, 3, 1) * (ELASTIC_PIXELS * strength * pixel)
    return functional.grid_sample(images, grid, align_corners=False)


def _edges(images: Tensor, strength: float, generator: Generator) -> Tensor:
    """Make the edges of strokes harder, and thin strokes brighter, as other pens and scans do."""
    gain = torch.exp(_uniform(len(images), -0.2, 0.8, images, generator) * strength)
    return (images * gain.view(-1, 1, 1, 1)).clamp(0, 1)
