"""The centre lines of handwritten digits, designed by hand: no font and no data set behind them.

Written down as one string per stroke, the pen being lifted between strokes. A stroke is a list of
points `x,y` that a smooth line runs through; after a `/` the line goes on from the last point in a
new direction, so there is a corner. x grows to the right, y down; a digit is 100 high.
"""

from typing import TypeAlias

Point: TypeAlias = tuple[int, int]
Curve: TypeAlias = list[Point]
Stroke: TypeAlias = list[Curve]

_SHAPES: dict[int, dict[str, tuple[str, ...]]] = {
    0: {
        "wide": ("40,3 18,9 4,36 5,66 20,94 40,98 60,86 68,58 63,24 46,5 33,5",),
        "narrow": ("30,2 14,14 8,47 12,83 27,98 41,86 48,52 43,16 28,3",),
        "overlapping": ("47,12 29,4 9,26 4,60 20,95 46,93 64,60 59,22 41,3 27,10",),
    },
    1: {
        "plain": ("22,0 20,50 18,100",),
        "flag": ("4,26 16,15 28,0 / 28,50 26,100",),
        "based": (
            "4,26 16,15 28,0 / 28,50 26,100",
            "6,100 28,99 50,100",
        ),
    },
    2: {
        "flat": ("6,24 14,7 33,0 52,8 56,27 44,52 22,79 4,97 / 30,96 62,98",),
        "looped": ("8,22 19,4 40,0 56,15 52,41 34,70 17,91 6,94 5,84 17,82 34,93 50,98 66,90",),
        "waved": ("6,24 14,7 33,0 52,8 56,27 44,52 22,79 4,97 / 22,90 42,98 66,92",),
    },
    3: {
        "round": ("6,14 26,0 48,6 53,24 41,40 22,46 / 46,50 60,69 51,91 28,100 4,90",),
        "flat": ("6,3 30,2 56,2 / 40,22 26,40 / 48,44 62,67 50,92 26,100 4,89",),
    },
    4: {
        "open": (
            "18,2 11,30 4,58 / 32,58 66,55",
            "50,14 47,54 43,100",
        ),
        "closed": (
            "46,0 24,33 2,66 / 34,66 68,64",
            "46,0 46,50 44,100",
        ),
    },
    5: {
        "capped": (
            "16,3 13,24 10,44 / 28,36 50,44 60,66 48,92 24,100 2,90",
            "16,3 36,4 58,1",
        ),
        "single": ("58,2 36,3 16,3 / 13,24 10,44 / 28,36 50,44 60,66 48,92 24,100 2,90",),
    },
    6: {
        "curved": ("50,3 29,15 11,43 4,70 13,93 33,99 51,87 53,67 38,54 20,59 7,77",),
        "straight": ("42,0 24,32 8,63 9,89 29,100 50,88 51,66 33,56 15,63 7,78",),
    },
    7: {
        "plain": ("4,4 30,5 60,2 / 40,46 26,100",),
        "barred": (
            "4,4 30,5 60,2 / 40,46 26,100",
            "18,53 38,51 58,50",
        ),
        "hooked": ("5,18 5,11 6,4 / 32,5 60,2 / 40,46 26,100",),
    },
    8: {
        "crossed": (
            "50,13 32,0 13,11 14,31 32,46 52,63 53,87 30,100 7,88 8,66 28,48 48,33 52,15 42,4",
        ),
        "stacked": (
            "32,46 14,37 10,17 26,1 46,6 53,24 45,40 30,46",
            "30,46 10,57 4,79 21,98 46,97 59,77 49,54 30,46",
        ),
    },
    9: {
        "straight": ("53,14 36,1 13,9 5,31 18,50 39,43 53,14 / 52,58 49,100",),
        "curved": ("53,14 36,1 13,9 5,31 18,50 39,43 53,14 / 56,50 47,82 26,99 8,92",),
    },
}


def variants(digit: int) -> list[str]:
    """Names of the ways in which the digit can be written."""
    return list(_SHAPES[digit])


def strokes(digit: int, variant: str) -> list[Stroke]:
    """The centre lines of one variant: strokes of curves of points."""
    return [_parse(stroke) for stroke in _SHAPES[digit][variant]]


def _parse(stroke: str) -> Stroke:
    curves: Stroke = []
    for part in stroke.split("/"):
        start = curves[-1][-1:] if curves else []
        curves.append(start + [_point(pair) for pair in part.split()])
    return curves


def _point(pair: str) -> Point:
    x, y = pair.split(",")
    return int(x), int(y)
