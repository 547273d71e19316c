"""Damage to canvases: what sensors, printers, lamps and other pens do to a drawn digit.

Each takes float [N, 1, 28, 28] of 0…1, light ink on black, and a generator, and returns the same.
How strong it is differs from image to image, from hardly visible to just readable.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions import strokes

Damage = Callable[[Tensor, Generator], Tensor]


def damage(images: Tensor, generator: Generator) -> Tensor:
    """Damage each image in one of the ways of `DAMAGES`, one in four in two ways."""
    images = _once(images, generator)
    twice = torch.rand(len(images), generator=generator) < 0.25
    if twice.any():
        images[twice] = _once(images[twice], generator)
    return images.clamp(0, 1)


def _once(images: Tensor, generator: Generator) -> Tensor:
    way = torch.randint(len(DAMAGES), (len(images),), generator=generator)
    result = images.clone()
    for index, change in enumerate(DAMAGES):
        chosen = way == index
        if chosen.any():
            result[chosen] = change(images[chosen], generator).clamp(0, 1)
    return result


def _uniform(images: Tensor, low: float, high: float, generator: Generator) -> Tensor:
    unit = torch.rand(len(images), 1, 1, 1, generator=generator)
    return low + (high - low) * unit


def _grain(images: Tensor, generator: Generator) -> Tensor:
    """Noise of the sensor, the same everywhere or stronger in the light."""
    noise = torch.randn(images.shape, generator=generator)
    even, shot = _uniform(images, 0, 0.3, generator), _uniform(images, 0, 0.6, generator)
    return images + noise * (even.square() + shot.square() * images).sqrt()


def _pepper(images: Tensor, generator: Generator) -> Tensor:
    """Single pixels that are white or black."""
    chance = torch.rand(images.shape, generator=generator)
    share = _uniform(images, 0.02, 0.35, generator)
    value = (torch.rand(images.shape, generator=generator) < 0.5).float()
    return torch.where(chance < share, value, images)


def _blur(images: Tensor, generator: Generator) -> Tensor:
    """A lens out of focus: a Gaussian of half a pixel to almost two."""
    sigma = _uniform(images, 0.4, 1.8, generator)
    offset = torch.arange(-5, 6).float().view(1, 1, 1, -1)
    kernel = torch.exp(-0.5 * (offset / sigma).square())
    kernel = kernel / kernel.sum(3, keepdim=True)
    return _convolve(_convolve(images, kernel), kernel.transpose(2, 3))


def _motion(images: Tensor, generator: Generator) -> Tensor:
    """A hand that moved: an average along a line of 3 to 11 pixels."""
    angle = _uniform(images, 0, math.pi, generator)
    reach = _uniform(images, 1, 5.5, generator)
    axis = torch.arange(-6, 7).float()
    x, y = axis.view(1, 1, 1, -1), axis.view(1, 1, -1, 1)
    along, across = x * angle.cos() + y * angle.sin(), x * angle.sin() - y * angle.cos()
    kernel = (1 - across.abs()).clamp(min=0) * (reach + 0.5 - along.abs()).clamp(0, 1)
    return _convolve(images, kernel / kernel.sum([2, 3], keepdim=True))


def _convolve(images: Tensor, kernel: Tensor) -> Tensor:
    """Filter each image with its own kernel."""
    padding = [kernel.shape[2] // 2, kernel.shape[3] // 2]
    batch = images.transpose(0, 1)
    return functional.conv2d(batch, kernel, padding=padding, groups=len(images)).transpose(0, 1)


def _glass(images: Tensor, generator: Generator) -> Tensor:
    """Pixels that are displaced by up to two, as behind structured glass."""
    shift = torch.rand(len(images), 28, 28, 2, generator=generator) * 2 - 1
    shift = shift * _uniform(images, 0.5, 2.2, generator)
    return functional.grid_sample(images, _identity(images) + shift / 14, align_corners=False)


def _identity(images: Tensor) -> Tensor:
    eye = torch.eye(2, 3).expand(len(images), 2, 3)
    return functional.affine_grid(eye, list(images.shape), align_corners=False)


def _pale(images: Tensor, generator: Generator) -> Tensor:
    """Grey instead of black, grey instead of white."""
    dark = _uniform(images, 0, 0.6, generator)
    light = dark + (1 - dark) * _uniform(images, 0.35, 1, generator)
    return dark + (light - dark) * images


def _fog(images: Tensor, generator: Generator) -> Tensor:
    """A cloudy veil in front of the page."""
    total = torch.zeros_like(images)
    for size, weight in ((2, 1.0), (4, 0.6), (8, 0.35), (15, 0.2)):
        cells = torch.rand(len(images), 1, size, size, generator=generator)
        total += weight * functional.interpolate(cells, size=(28, 28), mode="bicubic")
    veil = _uniform(images, 0.2, 0.7, generator)
    return images * (1 - veil * _uniform(images, 0.4, 1, generator)) + veil * total / 1.4


def _band(images: Tensor, generator: Generator) -> Tensor:
    """A band of the page is inverted."""
    start, wide = _uniform(images, 0, 24, generator), _uniform(images, 2, 12, generator)
    axis = torch.arange(28).float()
    columns = (axis >= start) & (axis < start + wide)
    down = _uniform(images, 0, 1, generator) < 0.3
    inside = torch.where(down, columns.transpose(2, 3).expand_as(images), columns.expand_as(images))
    return torch.where(inside, 1 - images, images)


def _lines(images: Tensor, generator: Generator) -> Tensor:
    """A line or a zigzag across everything, drawn or dotted."""
    count, points = len(images), 6
    down = torch.rand(count, points, generator=generator)
    flat = torch.rand(count, 1, generator=generator) < 0.5
    slope = torch.linspace(0, 1, points) * (down[:, -1:] - down[:, :1]) + down[:, :1]
    y = torch.where(flat, slope, down) * 32 - 2
    x = torch.linspace(-2, 30, points).expand(count, points)
    x = x + torch.randn(count, points, generator=generator)
    swap = torch.rand(count, 1, generator=generator) < 0.3
    path = torch.stack([torch.where(swap, y, x), torch.where(swap, x, y)], 2)
    width = 0.6 + 1.4 * torch.rand(count, generator=generator)
    line = strokes.ink(torch.cat([path[:, :-1], path[:, 1:]], 2), width, 28)
    axis = torch.arange(28).float()
    step = _uniform(images, 2, 5, generator)
    gaps = (torch.cos((axis + axis.view(-1, 1)) * 6.283 / step) * 3 + 0.5).clamp(0, 1)
    dotted = _uniform(images, 0, 1, generator) < 0.5
    return torch.maximum(images, torch.where(dotted, line * gaps, line))


def _spots(images: Tensor, generator: Generator) -> Tensor:
    """Splashes of ink, or of water."""
    grain = torch.randn(len(images), 1, 16, 16, generator=generator)
    grain = functional.interpolate(grain, size=(28, 28), mode="bicubic")
    spots = ((grain - _uniform(images, 0.9, 1.8, generator)) * 4).clamp(0, 1)
    level = _uniform(images, 0, 1, generator)
    return images + (level - images) * spots


def _hole(images: Tensor, generator: Generator) -> Tensor:
    """A small rectangle is missing."""
    axis = torch.arange(28).float()
    left, wide = _uniform(images, 4, 22, generator), _uniform(images, 2, 6, generator)
    top, high = _uniform(images, 4, 22, generator), _uniform(images, 2, 6, generator)
    across = (axis >= left) & (axis < left + wide)
    down = ((axis >= top) & (axis < top + high)).transpose(2, 3)
    return images.masked_fill(across & down, 0)


def _outline(images: Tensor, generator: Generator) -> Tensor:
    """Only the edges of the strokes: broad pens that were traced."""
    large = functional.interpolate(images, scale_factor=2, mode="bilinear")
    solid = ((large - 0.3) * 4).clamp(0, 1)
    wide = functional.max_pool2d(solid, 3, 1, 1)
    edge = functional.avg_pool2d(wide - solid, 2)
    return edge * _uniform(images, 1.5, 3, generator)


def _extreme(images: Tensor, generator: Generator) -> Tensor:
    """Turned by up to 35 degrees, slanted, squeezed, far from the middle, or half as large."""
    angle = _uniform(images, -0.6, 0.6, generator).flatten()
    wide = torch.exp(_uniform(images, -0.25, 0.6, generator).flatten())
    high = wide * torch.exp(_uniform(images, -0.25, 0.25, generator).flatten())
    shear = _uniform(images, -0.5, 0.5, generator).flatten()
    x, y = (_uniform(images, -0.35, 0.35, generator).flatten() for _ in range(2))
    cos, sin = angle.cos(), angle.sin()
    rows = [
        torch.stack([cos * wide, cos * shear - sin * high, x], 1),
        torch.stack([sin * wide, sin * shear + cos * high, y], 1),
    ]
    grid = functional.affine_grid(torch.stack(rows, 1), list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


DAMAGES: tuple[Damage, ...] = (
    _grain,
    _pepper,
    _blur,
    _motion,
    _glass,
    _pale,
    _fog,
    _band,
    _lines,
    _spots,
    _hole,
    _outline,
    _extreme,
    _extreme,
)
