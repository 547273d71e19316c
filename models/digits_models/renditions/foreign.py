"""Canvases that hold no digit, or more than one: what a classifier must not be sure about."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions import letters, scribbles, several, shapes, strokes

#: (how many, digits uint8 [M, 28, 28] to take pieces from, generator, side of the canvases in
#: pixels) → float [N, 1, side, side], 0…1.
Maker = Callable[[int, Tensor, Generator, int], Tensor]


def make(count: int, digits: Tensor, generator: Generator, side: int = 28) -> Tensor:
    """Canvases of all kinds, in the shares of `KINDS`: float [count, 1, side, side], 0…1."""
    total = sum(share for _, share in KINDS)
    parts = []
    left, shares = count, total
    for maker, share in KINDS:
        number = round(left * share / shares)
        parts.append(maker(number, digits, generator, side))
        left, shares = left - number, shares - share
    return torch.cat([part for part in parts if len(part)])


def _letters(count: int, _digits: Tensor, generator: Generator, side: int) -> Tensor:
    names = list(letters.SHAPES)
    chosen = torch.randint(len(names), (count,), generator=generator).tolist()
    drawings = [letters.polylines(letters.SHAPES[names[i]], 3.5, generator) for i in chosen]
    return strokes.drawn(drawings, generator, side, 1.0)


def _shapes(count: int, _digits: Tensor, generator: Generator, side: int) -> Tensor:
    return shapes.drawn(count, generator, side)


def _scribbles(count: int, _digits: Tensor, generator: Generator, side: int) -> Tensor:
    return scribbles.drawn(count, generator, side)


def _halves(count: int, digits: Tensor, generator: Generator, side: int) -> Tensor:
    """The half of one digit beside or above that of another."""
    chosen = torch.randint(len(digits), (2, count), generator=generator)
    first, second = digits[chosen].float().unsqueeze(2) / 255
    half = digits.shape[1] // 2
    order = torch.arange(digits.shape[1])
    across, down = order.view(1, 1, 1, -1) < half, order.view(1, 1, -1, 1) < half
    cut = torch.where(torch.rand(count, 1, 1, 1, generator=generator) < 0.5, across, down)
    # The halves are exchanged, so that not even two of one digit give that digit.
    both = torch.where(cut, first.roll(half, 3), second.roll(half, 2))
    return functional.interpolate(both, size=(side, side), mode="bilinear")


def _noise(count: int, _digits: Tensor, generator: Generator, side: int) -> Tensor:
    """Noise of many grains, densities and contrasts, cut off hard or soft."""
    parts = [torch.zeros(0, 1, side, side)]
    cells = (28, 14, 9, 6, 4)
    for index, size in enumerate(cells):
        rows = count // len(cells) + (index < count % len(cells))
        grain = torch.randn(rows, 1, size, size, generator=generator)
        fine = functional.interpolate(grain, size=(side, side), mode="bicubic")
        level = torch.rand(rows, 1, 1, 1, generator=generator) * 2.5 - 0.5
        hard = torch.exp(torch.rand(rows, 1, 1, 1, generator=generator) * 3)
        parts.append(((fine - level) * hard).clamp(0, 1))
    return torch.cat(parts)


def _bars(count: int, _digits: Tensor, generator: Generator, side: int) -> Tensor:
    """Gratings and crossing lines: ruled paper, fences, shadows."""
    axis = (torch.arange(side) + 0.5) * (28 / side) - 14
    angle = torch.rand(count, 1, 1, generator=generator) * torch.pi
    period = 3 + 9 * torch.rand(count, 1, 1, generator=generator)
    phase = torch.rand(count, 1, 1, generator=generator) * 6.3
    along = axis.view(1, 1, -1) * angle.cos() + axis.view(1, -1, 1) * angle.sin()
    across = axis.view(1, 1, -1) * angle.sin() - axis.view(1, -1, 1) * angle.cos()
    first = (2 * torch.cos(along * 6.283 / period + phase)).clamp(0, 1)
    second = (2 * torch.cos(across * 6.283 / period)).clamp(0, 1)
    both = torch.rand(count, 1, 1, generator=generator) < 0.5
    return torch.where(both, torch.maximum(first, second), first).unsqueeze(1)


#: The kinds and their shares. Touching digits are the hardest to tell from one.
KINDS: tuple[tuple[Maker, float], ...] = (
    (_letters, 0.34),
    (several.touching, 0.31),
    (several.apart, 0.05),
    (_shapes, 0.08),
    (_scribbles, 0.09),
    (_halves, 0.02),
    (_noise, 0.08),
    (_bars, 0.03),
)
