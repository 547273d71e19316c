"""Strokes of a pen: lists of points, shaken as a hand shakes them, and drawn."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from digits_models.trials.fields import Floats
from digits_models.trials.pens import trimmed

#: Points, float64 [K, 2], x to the right and y down.
Stroke = Floats

FINE = 3


def dense(points: Floats, count: int = 40) -> Stroke:
    """Put `count` points at even distances along a line through points."""
    steps = np.hypot(*np.diff(points, axis=0).T)
    along = np.concatenate([[0], np.cumsum(steps)])
    even = np.linspace(0, along[-1], count)
    return np.stack([np.interp(even, along, points[:, axis]) for axis in (0, 1)], 1)


def unit(strokes: Sequence[Stroke]) -> list[Stroke]:
    """Move and scale strokes so that they fill a square from -1 to 1, along one side at least."""
    points = np.concatenate(list(strokes))
    low, high = points.min(0), points.max(0)
    size = max(float((high - low).max()), 1e-6)
    return [(stroke - (low + high) / 2) * 2 / size for stroke in strokes]


def shaken(strokes: Sequence[Stroke], rng: np.random.Generator, amount: float = 1) -> list[Stroke]:
    """Write strokes by another hand: slanted, turned, squeezed, bent, each a little misplaced.

    The waves' amplitudes are of handwriting that people still read: 4 % of the height.
    """
    slant, turn = rng.normal(0, 0.18 * amount), rng.normal(0, 0.08 * amount)
    wide = np.exp(rng.normal(-0.08, 0.15 * amount))
    hand = np.array([[wide, slant], [0, 1]]) @ _turned(turn)
    waves = rng.normal(0, 2.2, (4, 2)), rng.uniform(0, 2 * np.pi, (4, 1))
    heights = rng.normal(0, 0.05 * amount, (4, 2))
    written = []
    for stroke in unit(strokes):
        points = dense(stroke)
        points = points + np.sin(points @ waves[0].T + waves[1].T) @ heights
        points = points + rng.normal(0, 0.03 * amount, 2)
        written.append(points @ hand.T)
    return written


def _turned(angle: float) -> Floats:
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def inked(strokes: Sequence[Stroke], height: float, pen: float) -> Floats:
    """Draw strokes with a round pen.

    Args:
        strokes: At least one, each of two points or more.
        height: Pixels of the longer side.
        pen: Width of the pen in pixels.

    Returns:
        float64 [H, W], 0 to 1, cut to the ink.
    """
    scaled = [(stroke + 1) * height / 2 * FINE for stroke in unit(strokes)]
    room = int(pen * FINE) + FINE
    size = np.ceil(np.concatenate(scaled).max(0)).astype(int) + 2 * room
    page = Image.new("L", (int(size[0]), int(size[1])))
    draw, radius = ImageDraw.Draw(page), max(0.5, pen * FINE / 2)
    for stroke in scaled:
        points = [(float(x), float(y)) for x, y in stroke + room]
        draw.line(points, fill=255, width=max(1, round(2 * radius)), joint="curve")
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    small = page.resize(
        (max(2, page.width // FINE), max(2, page.height // FINE)), Image.Resampling.BOX
    )
    return trimmed(np.asarray(small, np.float64) / 255)
