"""The centre lines of handwritten digits, designed by hand: ways of writing that MNIST hardly has.

Its writers are American: few of their ones have a flag or a foot, few of their sevens a bar.
Written down as in `letters`.
"""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from digits_models.renditions import strokes
from digits_models.renditions.letters import parse, polylines

_JITTER = 3.0  # of a height of 100

_STYLES: tuple[tuple[tuple[str, ...], ...], ...] = (
    (
        ("~50,0 20,10 5,45 15,85 45,100 75,88 88,50 75,12 48,0",),
        ("~35,2 12,20 8,60 25,98 50,92 58,45 45,8 25,4",),
        ("~60,5 25,4 4,40 15,88 50,100 82,75 84,30 60,4 30,12",),
    ),
    (
        ("-20,0 20,100",),
        ("-0,30 32,0 32,100",),
        ("-0,46 38,0 38,100",),
        ("~0,32 20,20 32,0", "-32,0 30,100"),
        ("-0,28 30,0 30,100", "-2,100 60,100"),
        ("-0,40 34,0 34,100", "-4,99 66,100"),
        ("-30,0 30,100", "-0,100 60,100"),
        ("-0,22 24,0 20,100",),
    ),
    (
        ("~8,25 25,3 55,5 68,28 50,58 5,100", "-5,100 75,97"),
        ("~8,22 30,0 60,12 55,45 20,88 6,92 14,78 40,90 75,98",),
        ("~5,15 35,0 62,18 45,55 5,98", "~5,98 40,90 80,100"),
    ),
    (
        ("~6,12 35,0 62,20 45,42 25,48", "~25,48 62,55 66,82 35,100 4,90"),
        ("-5,0 65,0 32,40", "~32,40 70,52 68,85 35,100 2,90"),
    ),
    (
        ("-20,0 5,60 80,60", "-55,10 50,100"),
        ("-55,100 55,0 0,65 80,65",),
        ("-40,0 0,62 75,60", "-55,35 52,100"),
        ("~10,0 8,40 30,55 65,48", "-65,0 60,100"),
    ),
    (
        ("-70,0 15,0 10,45", "~10,45 45,35 72,60 55,92 5,95"),
        ("~16,4 12,44 48,38 70,62 52,95 4,92", "-16,3 74,0"),
        ("~72,2 30,0 15,25 30,44 62,58 58,90 8,98",),
    ),
    (
        ("~60,0 25,35 8,75 30,100 62,88 60,60 30,55 10,75",),
        ("~40,0 15,40 10,85 35,100 55,85 45,65 12,80",),
        ("~70,8 35,10 8,55 20,95 58,95 66,65 40,52 12,70",),
    ),
    (
        ("-0,0 75,0 25,100",),
        ("-0,2 72,0 30,100", "-16,52 66,48"),
        ("-0,18 2,0 75,0 35,100",),
        ("~0,12 25,2 72,4", "~72,4 48,45 32,100"),
        ("-0,16 0,0 74,0 34,100", "-18,50 68,50"),
    ),
    (
        ("~50,48 15,28 25,3 55,0 75,20 50,48 15,75 25,98 60,98 78,75 50,48",),
        (
            "~45,45 15,30 18,5 48,0 72,12 70,35 45,45",
            "~45,45 10,62 12,92 45,100 78,90 75,60 45,45",
        ),
        ("~72,12 45,0 15,18 40,45 70,70 55,98 18,92 22,65 60,38 72,12",),
    ),
    (
        ("~70,25 45,0 12,15 12,42 45,52 70,25", "-71,10 66,100"),
        ("~70,20 40,0 10,22 25,50 60,42 70,20 70,70 50,98 15,95",),
        ("~66,30 50,2 14,10 8,40 40,50 66,28", "~66,20 62,60 35,100"),
    ),
)

STYLES = tuple(tuple(parse(style) for style in styles) for styles in _STYLES)


def draw(labels: Tensor, generator: Generator) -> Tensor:
    """A digit for each label, int64 [N], in any of its styles: ink 0…1, [N, 1, 28, 28]."""
    return strokes.drawn([_written(int(label), generator) for label in labels], generator)


def _written(label: int, generator: Generator) -> list[Tensor]:
    styles = STYLES[label]
    style = styles[int(torch.randint(len(styles), (1,), generator=generator))]
    return polylines(style, _JITTER, generator)
