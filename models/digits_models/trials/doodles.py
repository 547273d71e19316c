"""Drawings that are no digit: shapes and scribbles, as strokes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from digits_models.trials.fields import Floats
from digits_models.trials.strokes import Stroke, inked, shaken


def _polygon(corners: int, skip: int = 1) -> Floats:
    angles = np.arange(corners + 1) * skip * 2 * np.pi / corners - np.pi / 2
    return np.stack([np.cos(angles), np.sin(angles)], 1)


def _lines(*points: Sequence[tuple[float, float]]) -> list[Stroke]:
    return [np.array(line, np.float64) for line in points]


_TURN = np.linspace(0, 1, 60)
_SPIRAL = np.stack([_TURN * np.cos(_TURN * 18), _TURN * np.sin(_TURN * 18)], 1)
_WAVE = np.stack([_TURN * 2, 0.3 * np.sin(_TURN * 18)], 1)
_HEART = np.stack(
    [
        np.sin(2 * np.pi * _TURN) ** 3,
        -0.8 * np.cos(2 * np.pi * _TURN) + 0.35 * np.cos(4 * np.pi * _TURN),
    ],
    1,
)

#: Without circles, ovals and single lines, which are digits.
SHAPES: dict[str, list[Stroke]] = {
    "triangle": [_polygon(3)],
    "square": _lines([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]),
    "pentagram": [_polygon(5, 2)],
    "cross": _lines([(0, 0), (1, 1)], [(1, 0), (0, 1)]),
    "plus": _lines([(0, 0.5), (1, 0.5)], [(0.5, 0), (0.5, 1)]),
    "arrow": _lines([(0, 0.5), (1, 0.5)], [(0.7, 0.2), (1, 0.5), (0.7, 0.8)]),
    "hash": _lines(
        *([(x, 0), (x, 1)] for x in (0.3, 0.7)), *([(0, y), (1, y)] for y in (0.3, 0.7))
    ),
    "house": _lines([(0, 1), (0, 0.5), (0.5, 0), (1, 0.5), (1, 1), (0, 1)]),
    "tick": _lines([(0, 0.6), (0.35, 1), (1, 0)]),
    "spiral": [_SPIRAL],
    "wave": [_WAVE],
    "heart": [_HEART],
    "smile": [
        _polygon(24),
        *(s * 0.1 + c for s in [_polygon(9)] for c in ((-0.35, -0.3), (0.35, -0.3))),
        np.array([(-0.5, 0.3), (0, 0.55), (0.5, 0.3)]),
    ],
}


def shape(rng: np.random.Generator) -> Floats:
    """One of the shapes as ink, [H, W], 0 to 1, about 200 pixels high."""
    names = list(SHAPES)
    strokes = shaken(SHAPES[names[rng.integers(len(names))]], rng)
    return inked(strokes, 200, 200 * rng.uniform(0.03, 0.1))


def scribble(rng: np.random.Generator) -> Floats:
    """Some strokes that go round and to and fro, as ink like a shape's."""
    strokes = [_wandering(rng) for _ in range(rng.integers(2, 6))]
    return inked(strokes, 200, 200 * rng.uniform(0.02, 0.07))


def _wandering(rng: np.random.Generator) -> Stroke:
    """A smooth walk: its direction is a sum of waves."""
    time = np.linspace(0, 1, 150)
    bends = rng.normal(0, 1.5, 3) @ np.sin(np.outer(rng.uniform(3, 20, 3), time))
    heading = rng.uniform(0, 2 * np.pi) + rng.normal(0, 6) * time + bends
    steps = np.stack([np.cos(heading), np.sin(heading)], 1) * rng.uniform(0.01, 0.03)
    walk: Stroke = np.cumsum(steps, 0) + rng.normal(0, 0.25, 2)
    return walk
