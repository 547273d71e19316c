"""Only the edges of strokes, as tracing or an edge detector leaves them; see `damage`."""

from __future__ import annotations

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions.chance import some, uniform


def outline(images: Tensor, generator: Generator) -> Tensor:
    """Soft outlines, half a pixel wide or more: outside the ink, or just inside it."""
    large = functional.interpolate(images, scale_factor=2, mode="bilinear")
    solid = ((large - uniform(images, 0.2, 0.5, generator)) * 4).clamp(0, 1)
    outside = functional.max_pool2d(solid, 3, 1, 1) - solid
    inside = solid + functional.max_pool2d(-solid, 3, 1, 1)
    edge = torch.where(some(images, 0.6, generator), outside, inside)
    return functional.avg_pool2d(edge, 2) * uniform(images, 1.5, 4, generator)


def ridges(images: Tensor, generator: Generator) -> Tensor:
    """Thin lines where the grey levels change most (Canny, 1986), without following them.

    One way of four where the slope looks takes the place of its angle.
    """
    down, across = _slopes(_softened(images, generator))
    steep = (down.square() + across.square()).sqrt()
    padded = functional.pad(steep, [1, 1, 1, 1])
    best = torch.zeros_like(steep, dtype=torch.bool)
    looks = torch.round(torch.atan2(down, across) * (4 / torch.pi)).long() % 4
    for way, (y, x) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead, behind = _moved(padded, y, x), _moved(padded, -y, -x)
        best |= (looks == way) & (steep > behind) & (steep >= ahead)
    least = uniform(images, 0.1, 0.35, generator) * steep.amax([2, 3], keepdim=True)
    level = torch.where(some(images, 0.6, generator), 1.0, uniform(images, 0.5, 1, generator))
    return (best & (steep > least)).to(images.dtype) * level


def _softened(images: Tensor, generator: Generator) -> Tensor:
    """Blurred a little, or more: three times three pixels, once or twice."""
    once = functional.avg_pool2d(images, 3, 1, 1)
    twice = functional.avg_pool2d(once, 3, 1, 1)
    return torch.lerp(0.4 * images + 0.6 * once, twice, uniform(images, 0, 1, generator))


def _slopes(images: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel's slopes, down and across."""
    padded = functional.pad(images, [1, 1, 1, 1])
    rows = padded[:, :, :-2] + 2 * padded[:, :, 1:-1] + padded[:, :, 2:]
    columns = padded[:, :, :, :-2] + 2 * padded[:, :, :, 1:-1] + padded[:, :, :, 2:]
    return columns[:, :, 2:] - columns[:, :, :-2], rows[:, :, :, 2:] - rows[:, :, :, :-2]


def _moved(padded: Tensor, y: int, x: int) -> Tensor:
    """What lies y below and x to the right of each pixel, of planes with a margin of one."""
    height, width = padded.shape[2] - 2, padded.shape[3] - 2
    return padded[:, :, 1 + y : 1 + y + height, 1 + x : 1 + x + width]
