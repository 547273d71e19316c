"""Ink from centre lines: a pen drawn along strokes, for a whole batch at once."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

#: A stroke is a list of points x, y; a drawing is a list of strokes.
Stroke = list[tuple[float, float]]
Drawing = Sequence[Stroke]

_AT_ONCE = 100
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
    """Segments [S, 4] of several drawings → [N, most, 4]; the first point fills the rest."""
    most = max(len(drawing) for drawing in drawings)
    filled = [torch.cat([d, d[:1, [0, 1, 0, 1]].expand(most - len(d), 4)]) for d in drawings]
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
    axis = torch.arange(size) + 0.5
    x, y = axis.view(1, 1, -1), axis.view(1, -1, 1)
    nearest = torch.full((len(lines), size, size), torch.inf)
    # One after the other: all at once they don't fit in the processor's cache.
    for line in lines.unbind(1):
        x0, y0, x1, y1 = line.view(-1, 4, 1, 1).unbind(1)
        wide, high = x1 - x0, y1 - y0
        long = (wide.square() + high.square()).clamp(min=1e-6)
        right, down = x - x0, y - y0
        along = (right * (wide / long) + down * (high / long)).clamp_(0, 1)
        apart = torch.addcmul(right, along, wide, value=-1).square_()
        apart += torch.addcmul(down, along, high, value=-1).square_()
        torch.minimum(nearest, apart, out=nearest)
    cover = (0.5 * width.view(-1, 1, 1) + 0.5 - nearest.sqrt_()).clamp(0, 1)
    return cover.unsqueeze(1)


def fill(lines: Tensor, size: int) -> Tensor:
    """What closed lines, segments [N, S, 4] in pixels, enclose → [N, 1, size, size], 0 or 1.

    A pixel is inside if an odd number of segments lies to the right of its middle.
    """
    axis = torch.arange(size) + 0.5
    x, y = axis.view(1, 1, 1, -1), axis.view(1, 1, -1, 1)
    x0, y0, x1, y1 = (end.unsqueeze(-1) for end in lines.unsqueeze(-1).unbind(2))
    passes = (y0 <= y) != (y1 <= y)
    right = x0 + (y - y0) / torch.where(y1 == y0, 1.0, y1 - y0) * (x1 - x0) > x
    return ((passes & right).sum(1, keepdim=True) % 2).to(lines.dtype)


def drawn(
    drawings: Sequence[Sequence[Tensor]], generator: Generator, side: int = 28, stray: float = 0.0
) -> Tensor:
    """Draw polylines [P, 2] with pens of many widths, as MNIST has it: 18 to 20 pixels of 28.

    Args:
        drawings: The lines of each, in any unit.
        generator: Source of randomness.
        side: Of the canvases, in pixels.
        stray: How far centres lie from the middle, in pixels of 28: a standard deviation.

    Returns:
        Ink 0…1, [N, 1, side, side].
    """
    every = [segments(drawing) for drawing in drawings]
    # Drawings with as many segments go together, since the shorter ones are filled up.
    order = sorted(range(len(every)), key=lambda index: len(every[index]))
    result = torch.zeros(len(every), 1, side, side)
    for start in range(0, len(order), _AT_ONCE):
        chosen = order[start : start + _AT_ONCE]
        lines = placed_at_random(stack([every[i] for i in chosen]), generator, side, stray)
        width = (1.5 + 2.2 * torch.rand(len(lines), generator=generator)) * (side / 28)
        result[chosen] = ink(lines, width, side)
    return result


def placed_at_random(lines: Tensor, generator: Generator, side: int, stray: float) -> Tensor:
    """Segments [N, S, 4] turned, slanted, and scaled to 18 pixels of 28; see `drawn`."""
    apart = stray * torch.randn(len(lines), 2, generator=generator)
    return framed(turned(lines, generator), 18 * side / 28, (14 + apart) * (side / 28))


def _either(count: int, limit: float, generator: Generator) -> Tensor:
    return (torch.rand(count, generator=generator) * 2 - 1) * limit
