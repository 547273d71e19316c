"""Digits that lie elsewhere, or in another shape; see `damage` for what goes in and out."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions.chance import some, uniform
from digits_models.resample import resample_matrix, resample_planes

#: Down and across.
Pair = tuple[Tensor, Tensor]


def shift(images: Tensor, generator: Generator) -> Tensor:
    """Moved by up to six pixels along each axis, whole ones or not, and nothing else."""
    down, across = (uniform(images, -6, 6, generator) for _ in range(2))
    whole = some(images, 0.5, generator)
    down, across = (torch.where(whole, way.round(), way) for way in (down, across))
    one = torch.ones_like(down)
    return read(images, (down, across), (one, one), (28, 28))


def squeeze(images: Tensor, generator: Generator) -> Tensor:
    """One side pressed to as little as a third, as a picture that was stretched looks."""
    step = torch.exp(uniform(images, 0.1, 1.1, generator))
    flat = some(images, 0.65, generator)
    one = torch.ones_like(step)
    rows, columns = torch.where(flat, step, one), torch.where(flat, one, step)
    middle = images.shape[3] / 2
    start = (middle * (1 - rows), middle * (1 - columns))
    pressed = read(images, start, (rows, columns), (28, 28))
    return pressed * uniform(images, 1, 1.8, generator)  # reduced ink is paler


def read(images: Tensor, start: Pair, step: Pair, size: tuple[int, int]) -> Tensor:
    """Resample images [N, 1, H, W] → [N, 1, *size]; beyond them is nothing.

    Args:
        images: Ink of 0…1.
        start: Where the first sample begins, down and across, [N, 1, 1, 1] each, in pixels.
        step: How far samples are apart, the same.
        size: Number of samples, down and across.
    """
    # What goes on beyond is a margin as wide as the filter: without it, weights don't sum to 1.
    margin = 1 + int(torch.stack(step).max()) if len(images) else 1
    padded = functional.pad(images, [margin] * 4)
    rows, columns = (
        resample_matrix(
            start[axis] + margin, step[axis], size[axis], padded.shape[2 + axis], extend=True
        )
        for axis in range(2)
    )
    return resample_planes(padded, rows, columns)


def extreme(images: Tensor, generator: Generator) -> Tensor:
    """Turned by up to 35 degrees, slanted, squeezed, far from the middle, or half as large."""
    angle = uniform(images, -0.6, 0.6, generator).flatten()
    wide = torch.exp(uniform(images, -0.25, 0.6, generator).flatten())
    high = wide * torch.exp(uniform(images, -0.25, 0.25, generator).flatten())
    shear = uniform(images, -0.5, 0.5, generator).flatten()
    x, y = (uniform(images, -0.35, 0.35, generator).flatten() for _ in range(2))
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos * wide, cos * shear - sin * high, x], 1),
        torch.stack([sin * wide, sin * shear + cos * high, y], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)
