"""Ink from centre lines: a pen drawn along strokes, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

#: A stroke is a list of points x, y; a drawing is a list of strokes.
Stroke = list[tuple[float, float]]
Drawing = Sequence[Stroke]

_SAMPLES = 5  # points on the curve between two points of a stroke


def smooth(stroke: Tensor) -> Tensor:
    """Points [P, 2] → a curve through them, [5 (P - 1) + 1, 2] (Catmull and Rom, 1974)."""
    ends = [2 * stroke[:1] - stroke[1:2], stroke, 2 * stroke[-1:] - stroke[-2:-1]]
    padded = torch.cat(ends)
    a, b, c, d = padded[:-3], padded[1:-2], padded[2:-1], padded[3:]
    t = (torch.arange(_SAMPLES) / _SAMPLES).reshape(-1, 1, 1)
    curve = 0.5 * (
        2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3
    )
    return torch.cat([curve.transpose(0, 1).reshape(-1, 2), stroke[-1:]])


def segments(drawing: Sequence[Tensor]) -> Tensor:
    """Polylines [P, 2] each → their segments, [S, 4]: x0, y0, x1, y1."""
    return torch.cat([torch.cat([line[:-1], line[1:]], 1) for line in drawing])


def stack(drawings: Sequence[Tensor]) -> Tensor:
    """Segments [S, 4] of several drawings → [N, most, 4]; the first segment fills the rest."""
    most = max(len(drawing) for drawing in drawings)
    filled = [torch.cat([d, d[:1].expand(most - len(d), 4)]) for d in drawings]
    return torch.stack(filled)


def turned(lines: Tensor, generator: Generator, degrees: float = 15, slant: float = 0.25) -> Tensor:
    """Segments [N, S, 4], each drawing turned, slanted and stretched at random."""
    count = len(lines)
    angle = _either(count, degrees * torch.pi / 180, generator)
    wide = torch.exp(_either(count, 0.25, generator))
    shear = _either(count, slant, generator)
    cos, sin = angle.cos(), angle.sin()
    matrix = torch.stack(
        [
            torch.stack([cos * wide, cos * shear - sin], 1),
            torch.stack([sin * wide, sin * shear + cos], 1),
        ],
        1,
    )
    points = lines.reshape(count, -1, 2)
    return (points @ matrix.transpose(1, 2)).reshape(lines.shape)


def framed(lines: Tensor, longest: float, centre: Tensor) -> Tensor:
    """Segments [N, S, 4] scaled so that the longer side is `longest`, around centres [N, 2]."""
    points = lines.reshape(len(lines), -1, 2)
    low, high = points.amin(1), points.amax(1)
    scale = longest / (high - low).amax(1).clamp(min=1e-3)
    moved = (points - (0.5 * (low + high)).unsqueeze(1)) * scale.view(-1, 1, 1)
    return (moved + centre.unsqueeze(1)).reshape(lines.shape)


def ink(lines: Tensor, width: Tensor, size: int) -> Tensor:
    """A round pen along segments [N, S, 4] in pixels, of widths [N] → [N, 1, size, size], 0…1."""
    start, way = lines[..., None, :2], (lines[..., 2:] - lines[..., :2]).unsqueeze(2)
    axis = torch.arange(size) + 0.5
    pixels = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1).reshape(1, 1, -1, 2)
    offset = pixels - start
    along = (offset * way).sum(-1) / way.square().sum(-1).clamp(min=1e-6)
    nearest = (offset - along.clamp(0, 1).unsqueeze(-1) * way).square().sum(-1).amin(1).sqrt()
    cover = (0.5 * width.unsqueeze(1) + 0.5 - nearest).clamp(0, 1)
    return cover.reshape(-1, 1, size, size)


def _either(count: int, limit: float, generator: Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) * limit
