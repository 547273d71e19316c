"""Soft lines over a canvas, as MNIST-C draws them."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from digits_models.trials.fields import Floats

SIDE = 28
REACH = 2.3
TOOTH = 2.0
LEFT, RIGHT = 2, 25


def segment(x0: float, y0: float, x1: float, y1: float) -> Floats:
    """Draw a line from left to right: 1 on it, less by the logarithm of the distance above it.

    Returns:
        float64 [28, 28], 0 to 1; nothing where the line doesn't go to the right.
    """
    drawn = np.zeros((SIDE, SIDE))
    if x1 <= x0:
        return drawn
    x, y = np.arange(SIDE), np.arange(SIDE)[:, None]
    distance = np.abs(y - (y0 + (y1 - y0) / (x1 - x0) * (x - x0))).clip(0, REACH - 1e-10)
    first, last = max(0, int(np.floor(x0))), int(np.ceil(x1))
    drawn[:, first:last] = (np.log(1 - distance / REACH) + 1).clip(0, 1)[:, first:last]
    return drawn


@cache
def dotted(left: int, right: int) -> Floats:
    """Draw a line between two rows of the outer columns, two columns off and two on."""
    return segment(0, left, SIDE - 1, right) * (np.arange(SIDE) // 2 % 2)


@cache
def zigzag(start: int, rise: int) -> Floats:
    """Draw teeth along a line that starts at a row and ends `rise` rows below."""
    angle = np.arctan(rise / (RIGHT - LEFT))
    corners = _teeth((RIGHT - LEFT) / np.cos(angle))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    points = corners @ turn.T + (LEFT, start)
    drawn = [segment(*here, *there) for here, there in pairwise(points)]
    teeth: Floats = np.stack(drawn).sum(0)
    return teeth


def _teeth(length: float) -> Floats:
    """The corners of teeth along the x axis, [K, 2]."""
    count = int((length - TOOTH) // (2 * TOOTH)) + 1
    middle = [((2 * i + 1) * TOOTH, (-1) ** i * TOOTH) for i in range(count)]
    whole = 2 * TOOTH * (length // (2 * TOOTH))
    # The published set ends its last tooth at this height.
    end = [(length, middle[-1][1] / (2 * (length - whole)))] if length != whole else []
    return np.array([(0.0, 0.0), *middle, *end])
