"""What a pen leaves that tries itself, crosses something out, or is held by a child."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from digits_models.renditions import strokes


def drawn(count: int, generator: Generator, side: int) -> Tensor:
    """Scribbles of all styles: ink 0…1, [count, 1, side, side]."""
    styles = torch.randint(len(STYLES), (count,), generator=generator).tolist()
    return strokes.drawn([STYLES[style](generator) for style in styles], generator, side, 1.0)


def _knot(generator: Generator) -> list[Tensor]:
    """A smooth line through points anywhere."""
    count = int(torch.randint(6, 16, (1,), generator=generator))
    return [strokes.smooth(torch.rand(count, 2, generator=generator))]


def _walks(generator: Generator) -> list[Tensor]:
    """Two to five lines that keep their direction for a while, through or near each other."""
    count = int(torch.randint(2, 6, (1,), generator=generator))
    bend = 0.15 + 0.6 * torch.rand(count, 1, generator=generator)
    curl = 0.35 * torch.randn(count, 1, generator=generator)
    turn = (bend * torch.randn(count, 18, generator=generator) + curl).cumsum(1)
    heading = turn + 2 * math.pi * torch.rand(count, 1, generator=generator)
    length = 0.5 + torch.rand(count, 1, 1, generator=generator)
    way = (torch.stack([heading.cos(), heading.sin()], 2) * length).cumsum(1)
    middle = way.mean(1, keepdim=True) + 3 * torch.randn(count, 1, 2, generator=generator)
    return list(way - middle)


def _hatched(generator: Generator) -> list[Tensor]:
    """To and fro, as something is crossed out or shaded; one in two a second time, across."""
    both = [_to_and_fro(generator)]
    if torch.rand(1, generator=generator) < 0.5:
        both.append(_to_and_fro(generator).flip(1))
    return both


def _to_and_fro(generator: Generator) -> Tensor:
    count = int(torch.randint(5, 14, (1,), generator=generator))
    ends = torch.arange(count) % 2 + 0.25 * torch.randn(count, generator=generator)
    on = torch.linspace(0, 0.6 + 0.6 * float(torch.rand(1, generator=generator)), count)
    on = on + 0.03 * torch.randn(count, generator=generator)
    line = torch.stack([ends, on], 1)
    return strokes.smooth(line) if torch.rand(1, generator=generator) < 0.5 else line


def _coil(generator: Generator) -> list[Tensor]:
    """Loops along a line, or on top of each other."""
    t = torch.linspace(0, 1, 60)
    turns, reach, high = torch.rand(3, generator=generator).tolist()
    angle = t * (3 + 5 * turns) * 2 * math.pi
    size = 0.3 * (1 + 0.4 * torch.sin(t * 9 + 6 * turns))
    wobble = torch.randn(2, 7, generator=generator) * 0.12
    drift = functional.interpolate(wobble[None], size=60, mode="linear")[0]
    x = size * angle.cos() + t * 2 * reach + drift[0]
    return [torch.stack([x, size * angle.sin() * (0.6 + high) + drift[1]], 1)]


def _sticks(generator: Generator) -> list[Tensor]:
    """Three to eight straight lines that lie as they fell."""
    count = int(torch.randint(3, 9, (1,), generator=generator))
    return list(torch.rand(count, 2, 2, generator=generator))


Style = Callable[[Generator], list[Tensor]]
STYLES: tuple[Style, ...] = (_knot, _walks, _walks, _hatched, _coil, _sticks)
