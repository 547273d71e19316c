"""A pen in a hand: from the centre lines of a digit to the ink it leaves on the pixels."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from PIL import Image, ImageDraw

from drawing.glyphs import Curve, Point, Stroke, strokes, variants

Floats: TypeAlias = np.ndarray[tuple[int, ...], np.dtype[np.float64]]

_STEPS = 48  # points between two control points of a curve


@dataclass(frozen=True)
class Hand:
    """How somebody writes.

    Args:
        slant: Shear to the right, as a fraction of the height.
        turn: Rotation of the whole digit, radians clockwise.
        jitter: Standard deviation of the control points, percent of the height.
        weight: Width of the pen's line, as a fraction of the digit's height.
        pressure: How much the width varies along a stroke, as a fraction of it.
        stretch: Width of the digit relative to the designed one.
    """

    slant: float
    turn: float
    jitter: float
    weight: float
    pressure: float
    stretch: float


def some_hand(rng: np.random.Generator, weight: tuple[float, float] = (0.08, 0.12)) -> Hand:
    """Pick a hand, with a line between the two `weight`s."""
    return Hand(
        slant=rng.uniform(-0.04, 0.22),
        turn=rng.uniform(-0.08, 0.08),
        jitter=rng.uniform(1.3, 2.4),
        weight=rng.uniform(*weight),
        pressure=rng.uniform(0.1, 0.3),
        stretch=rng.uniform(0.88, 1.12),
    )


def write(digit: int, hand: Hand, rng: np.random.Generator) -> list[Floats]:
    """Write a digit in one of its variants.

    Returns:
        One array [points, 3] per stroke: x, y, width. y runs from 0 to 1, x is centred on 0.
    """
    ways = variants(digit)
    glyph = strokes(digit, ways[rng.integers(len(ways))])
    nudges = _nudges(glyph, hand.jitter, rng)
    lines = []
    for stroke in glyph:
        line = np.concatenate([_smooth(_moved(curve, nudges)) for curve in stroke])
        lines.append(np.column_stack([_shaped(line, hand), _widths(len(line), hand, rng)]))
    return _framed(lines)


def ink(lines: list[Floats], size: tuple[int, int], box: tuple[float, float, float]) -> Floats:
    """Draw the strokes, anti-aliased by supersampling.

    Args:
        lines: What `write` returned.
        size: Width and height of the picture in pixels.
        box: Centre x, centre y and height of the digit in pixels.

    Returns:
        Coverage by ink, [height, width], 0…1.
    """
    oversampling = max(1, min(16, 2400 // max(size)))
    picture = Image.new("L", (size[0] * oversampling, size[1] * oversampling))
    pen = ImageDraw.Draw(picture)
    centre_x, centre_y, height = (value * oversampling for value in box)
    for line in lines:
        for x, y, width in line:
            radius = width * height / 2
            left, top = centre_x + x * height - radius, centre_y + (y - 0.5) * height - radius
            pen.ellipse((left, top, left + 2 * radius, top + 2 * radius), fill=255)
    return np.asarray(picture.reduce(oversampling), dtype=np.float64) / 255


def _nudges(glyph: list[Stroke], jitter: float, rng: np.random.Generator) -> dict[Point, Floats]:
    """One displacement for each distinct point, so that corners and closed loops stay joined."""
    points = sorted({point for stroke in glyph for curve in stroke for point in curve})
    return {point: rng.normal(0, jitter, 2) for point in points}


def _moved(curve: Curve, nudges: dict[Point, Floats]) -> Floats:
    return np.array([np.array(point) + nudges[point] for point in curve])


def _smooth(points: Floats) -> Floats:
    """A spline through the points (Catmull and Rom, 1974), its ends extended straight on."""
    ends = 2 * points[[0, -1]] - points[[1, -2]]
    p = np.concatenate([ends[:1], points, ends[1:]])
    t = np.linspace(0, 1, _STEPS)[:, None]
    pieces = [
        0.5
        * (
            2 * p[i]
            + (p[i + 1] - p[i - 1]) * t
            + (2 * p[i - 1] - 5 * p[i] + 4 * p[i + 1] - p[i + 2]) * t**2
            + (3 * p[i] - p[i - 1] - 3 * p[i + 1] + p[i + 2]) * t**3
        )
        for i in range(1, len(points))
    ]
    return np.concatenate(pieces)


def _shaped(line: Floats, hand: Hand) -> Floats:
    """Stretch, slant and turn; y grows downwards."""
    x, y = line.T / 100
    x = x * hand.stretch - y * hand.slant
    cos, sin = np.cos(hand.turn), np.sin(hand.turn)
    return np.column_stack([cos * x - sin * y, sin * x + cos * y])


def _widths(count: int, hand: Hand, rng: np.random.Generator) -> Floats:
    """Pressure: a slow wave along the stroke, and thinner where the pen lands and lifts."""
    t = np.linspace(0, 1, count)
    wave = np.sin(2 * np.pi * (rng.uniform(0.4, 1.2) * t + rng.uniform()))
    ends = np.clip(np.minimum(t, 1 - t) / 0.12, 0, 1)
    return hand.weight * (1 + hand.pressure * (0.5 * wave + 0.6 * (ends - 1)))


def _framed(lines: list[Floats]) -> list[Floats]:
    """Scale to the height 1 and move the middle to x = 0."""
    every = np.concatenate(lines)
    low, high = every[:, :2].min(axis=0), every[:, :2].max(axis=0)
    scale = 1 / (high[1] - low[1])
    origin = np.array([(low[0] + high[0]) / 2, low[1]])
    return [np.column_stack([(line[:, :2] - origin) * scale, line[:, 2]]) for line in lines]
