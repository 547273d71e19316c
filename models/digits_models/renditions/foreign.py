"""Canvases that hold no digit, or more than one: what a classifier must not be sure about."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions import letters, strokes

SIDE = 28

#: (how many, digits uint8 [M, 28, 28] to take pieces from, generator) → float [N, 1, 28, 28], 0…1.
Maker = Callable[[int, Tensor, Generator], Tensor]


def make(count: int, digits: Tensor, generator: Generator) -> Tensor:
    """Canvases of all kinds, in the shares of `KINDS`: float [count, 1, 28, 28], 0…1."""
    total = sum(share for _, share in KINDS)
    parts = []
    left, shares = count, total
    for maker, share in KINDS:
        number = round(left * share / shares)
        parts.append(maker(number, digits, generator))
        left, shares = left - number, shares - share
    return torch.cat([part for part in parts if len(part)])


def _letters(count: int, _digits: Tensor, generator: Generator) -> Tensor:
    names = list(letters.SHAPES)
    chosen = torch.randint(len(names), (count,), generator=generator).tolist()
    drawings = [
        strokes.segments(letters.polylines(letters.SHAPES[names[i]], 3.5, generator))
        for i in chosen
    ]
    return _drawn(drawings, generator)


def _scribbles(count: int, _digits: Tensor, generator: Generator) -> Tensor:
    drawings = []
    for points in torch.randint(5, 16, (count,), generator=generator).tolist():
        path = torch.rand(points, 2, generator=generator) * 100
        drawings.append(strokes.segments([strokes.smooth(path)]))
    return _drawn(drawings, generator)


def _drawn(drawings: list[Tensor], generator: Generator) -> Tensor:
    """Segments [S, 4] of each drawing → ink as MNIST has it: 20 pixels, the mass in the middle."""
    parts = [torch.zeros(0, 1, SIDE, SIDE)]
    for start in range(0, len(drawings), 250):
        lines = strokes.stack(drawings[start : start + 250])
        count = len(lines)
        centre = torch.full((count, 2), SIDE / 2) + torch.randn(count, 2, generator=generator)
        width = 1.6 + 2.2 * torch.rand(count, generator=generator)
        lines = strokes.framed(strokes.turned(lines, generator), 18.0, centre)
        parts.append(strokes.ink(lines, width, SIDE))
    return torch.cat(parts)


def _several(count: int, digits: Tensor, generator: Generator) -> Tensor:
    """Two or three digits side by side, close together, shrunk to a canvas."""
    parts = [torch.zeros(0, 1, SIDE, SIDE)]
    for number, share in ((2, 0.75), (3, 0.25)):
        rows = round(count * share) if number == 2 else count - sum(map(len, parts))
        chosen = torch.randint(len(digits), (rows, number), generator=generator)
        images = digits[chosen].float() / 255
        overlap = int(torch.randint(6, 12, (1,), generator=generator))
        wide = SIDE * number - overlap * (number - 1)
        side = round(1.15 * wide)  # so that all of them together are about 20 pixels wide
        strip = torch.zeros(rows, 1, side, side)
        top, left = (side - SIDE) // 2, (side - wide) // 2
        for index in range(number):
            start = left + index * (SIDE - overlap)
            place = strip[:, 0, top : top + SIDE, start : start + SIDE]
            place.copy_(torch.maximum(place, images[:, index]))
        resized = functional.interpolate(strip, size=(SIDE, SIDE), mode="bilinear", antialias=True)
        gain = 1.0 + torch.rand(rows, 1, 1, 1, generator=generator)
        parts.append((resized * gain).clamp(0, 1))
    return torch.cat(parts)


def _halves(count: int, digits: Tensor, generator: Generator) -> Tensor:
    """The half of one digit beside or above that of another."""
    chosen = torch.randint(len(digits), (2, count), generator=generator)
    first, second = digits[chosen].float().unsqueeze(2) / 255
    across = torch.arange(SIDE).view(1, 1, 1, -1) < SIDE // 2
    down = torch.arange(SIDE).view(1, 1, -1, 1) < SIDE // 2
    cut = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.5, across, down)
    # The halves are exchanged, so that not even two of one digit give that digit.
    return torch.where(cut, first.roll(SIDE // 2, 3), second.roll(SIDE // 2, 2))


def _noise(count: int, _digits: Tensor, generator: Generator) -> Tensor:
    """Noise of many grains, densities and contrasts, cut off hard or soft."""
    parts = [torch.zeros(0, 1, SIDE, SIDE)]
    cells = (28, 14, 9, 6, 4)
    for index, size in enumerate(cells):
        rows = count // len(cells) + (index < count % len(cells))
        grain = torch.randn(rows, 1, size, size, generator=generator)
        fine = functional.interpolate(grain, size=(SIDE, SIDE), mode="bicubic")
        level = torch.rand(rows, 1, 1, 1, generator=generator) * 2.5 - 0.5
        hard = torch.exp(torch.rand(rows, 1, 1, 1, generator=generator) * 3)
        parts.append(((fine - level) * hard).clamp(0, 1))
    return torch.cat(parts)


def _bars(count: int, _digits: Tensor, generator: Generator) -> Tensor:
    """Gratings and crossing lines: ruled paper, fences, shadows."""
    axis = torch.arange(SIDE) - SIDE / 2
    angle = torch.rand(count, 1, 1, generator=generator) * torch.pi
    period = 3 + 9 * torch.rand(count, 1, 1, generator=generator)
    phase = torch.rand(count, 1, 1, generator=generator) * 6.3
    along = axis.view(1, 1, -1) * angle.cos() + axis.view(1, -1, 1) * angle.sin()
    across = axis.view(1, 1, -1) * angle.sin() - axis.view(1, -1, 1) * angle.cos()
    first = (2 * torch.cos(along * 6.283 / period + phase)).clamp(0, 1)
    second = (2 * torch.cos(across * 6.283 / period)).clamp(0, 1)
    both = torch.rand(count, 1, 1, generator=generator) < 0.5
    return torch.where(both, torch.maximum(first, second), first).unsqueeze(1)


#: The kinds and their shares.
KINDS: tuple[tuple[Maker, float], ...] = (
    (_letters, 0.55),
    (_several, 0.15),
    (_scribbles, 0.1),
    (_halves, 0.05),
    (_noise, 0.1),
    (_bars, 0.05),
)
