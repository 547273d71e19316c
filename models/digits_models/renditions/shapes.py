"""Drawings of shapes: outlines, and what they enclose.

Circles, ovals and single lines are digits in many hands: a circle is here only when it is filled.
Written down as in `letters`.
"""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor

from digits_models.renditions import strokes
from digits_models.renditions.letters import parse, polylines

_JITTER = 3.0  # of a height of 100

_OUTLINES = {
    name: parse(texts)
    for name, texts in {
        "arrow": ("-0,50 100,50", "-65,20 100,50 65,80"),
        "arrow down": ("-50,0 50,100", "-15,60 50,100 85,60"),
        "asterisk": ("-50,0 50,100", "-5,25 95,75", "-95,25 5,75"),
        "box": ("-0,0 100,0 100,100 0,100 0,0", "-0,0 100,100", "-100,0 0,100"),
        "cross": ("-0,0 100,100", "-100,0 0,100"),
        "cube": ("-0,30 65,30 65,100 0,100 0,30 35,0 100,0 65,30", "-100,0 100,70 65,100"),
        "equals": ("-0,30 100,30", "-0,70 100,70"),
        "eye": ("~0,50 50,10 100,50 50,90 0,50", "~40,50 50,40 60,50 50,60 40,50"),
        "face": (
            "~50,0 15,15 0,50 15,85 50,100 85,85 100,50 85,15 50,0",
            "~30,32 32,36 30,38",
            "~70,32 68,36 70,38",
            "~25,62 50,80 75,62",
        ),
        "fish": ("~100,10 55,75 15,80 0,50 15,20 55,25 100,90",),
        "grid": ("-33,0 33,100", "-66,0 66,100", "-0,33 100,33", "-0,66 100,66"),
        "heart": ("~50,30 30,0 2,15 15,55 50,95", "~50,30 70,0 98,15 85,55 50,95"),
        "house": ("-0,100 0,45 50,0 100,45 100,100 0,100",),
        "hut": ("-0,100 0,40 100,40 100,100 0,100", "-0,40 50,0 100,40"),
        "ladder": ("-20,0 20,100", "-80,0 80,100", "-20,25 80,25", "-20,50 80,50", "-20,75 80,75"),
        "man": (
            "~50,0 38,12 50,24 62,12 50,0",
            "-50,24 50,65",
            "-15,40 85,40",
            "-20,100 50,65 80,100",
        ),
        "plus": ("-0,50 100,50", "-50,0 50,100"),
        "stairs": ("-0,100 0,66 33,66 33,33 66,33 66,0 100,0",),
        "target": (
            "~50,0 15,15 0,50 15,85 50,100 85,85 100,50 85,15 50,0",
            "~50,30 30,50 50,70 70,50 50,30",
        ),
        "tick": ("-0,60 35,100 100,0",),
        "tree": ("-50,60 50,100", "-50,0 95,60 5,60 50,0"),
    }.items()
}

#: Heart, lightning, arrow head, moon, cross: closed lines that are filled or not.
_SOLID = [
    parse((text,))
    for text in (
        "~50,25 30,0 2,15 15,55 50,98 85,55 98,15 70,0 50,25",
        "-55,0 10,60 45,60 30,100 90,38 52,38 55,0",
        "-0,35 55,35 55,10 100,50 55,90 55,65 0,65 0,35",
        "~70,0 25,20 15,50 25,80 70,100 45,75 40,50 45,25 70,0",
        "-35,0 65,0 65,35 100,35 100,65 65,65 65,100 35,100 35,65 0,65 0,35 35,35 35,0",
    )
]


def drawn(count: int, generator: Generator, side: int) -> Tensor:
    """Shapes of all sorts, a third of them filled: ink 0…1, [count, 1, side, side]."""
    solid = round(count / 3)
    lines = [_line_drawing(generator) for _ in range(count - solid)]
    return torch.cat([strokes.drawn(lines, generator, side, 1.0), _filled(solid, generator, side)])


def _filled(count: int, generator: Generator, side: int) -> Tensor:
    if not count:
        return torch.zeros(0, 1, side, side)
    lines = strokes.stack([strokes.segments(_closed(generator)) for _ in range(count)])
    placed = strokes.placed_at_random(lines, generator, side, 1.0)
    thin = torch.full((count,), side / 28)
    return torch.maximum(strokes.fill(placed, side), strokes.ink(placed, thin, side))


def _line_drawing(generator: Generator) -> list[Tensor]:
    kind = _whole(10, generator)
    if kind < 5:
        shapes = list(_OUTLINES.values())
        return polylines(shapes[_whole(len(shapes), generator)], _JITTER, generator)
    if kind < 7:
        return _polygon(3 + _whole(4, generator), 1.0, generator)
    return (_closed, _spiral, _wave)[kind - 7](generator)


def _closed(generator: Generator) -> list[Tensor]:
    """A polygon, a star with points, or one of the closed shapes; a filled disc is a polygon."""
    kind = _whole(3, generator)
    if kind == 0:
        lines = polylines(_SOLID[_whole(len(_SOLID), generator)], _JITTER, generator)
        return [torch.cat([line[:-1], line[:1]]) for line in lines]
    if kind == 1:
        return _polygon(2 * (4 + _whole(5, generator)), _between(0.35, 0.6, generator), generator)
    return _polygon(3 + _whole(5, generator), 1.0, generator)


def _polygon(corners: int, inner: float, generator: Generator) -> list[Tensor]:
    """Corners on a circle, every other one at the part `inner` of its radius: a star, if not 1."""
    angle = torch.arange(corners + 1) * (2 * math.pi / corners) + _between(-0.8, 0.8, generator)
    radius = torch.where(torch.arange(corners + 1) % 2 == 1, inner, 1.0)
    points = torch.stack([angle.cos(), angle.sin()], 1) * radius.unsqueeze(1) * 50
    shaken = points + _JITTER * torch.randn(points.shape, generator=generator)
    return [torch.cat([shaken[:-1], shaken[:1]])]


def _spiral(generator: Generator) -> list[Tensor]:
    turns = _between(1.8, 4, generator)
    t = torch.linspace(0, 1, 40)
    angle = t * (turns * 2 * math.pi) + _between(0, 6.3, generator)
    if _whole(2, generator):
        angle = -angle
    return [torch.stack([angle.cos(), angle.sin()], 1) * (t * 50).unsqueeze(1)]


def _wave(generator: Generator) -> list[Tensor]:
    """Two to five humps, round or pointed, along a line that may rise."""
    t = torch.linspace(0, 1, 40)
    turn = t * _between(2, 5, generator) * 2 * math.pi
    high = (turn.sin().asin() if _whole(2, generator) else turn.sin()) * _between(8, 30, generator)
    return [torch.stack([t * 100, high + t * _between(-50, 50, generator)], 1)]


def _whole(below: int, generator: Generator) -> int:
    return int(torch.randint(below, (1,), generator=generator))


def _between(low: float, high: float, generator: Generator) -> float:
    return low + (high - low) * float(torch.rand(1, generator=generator))
