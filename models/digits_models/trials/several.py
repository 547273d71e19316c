"""Two or three digits in one picture: apart, one's box in the other's, or touching."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digits_models.trials.fields import Floats
from digits_models.trials.pens import enlarged, trimmed

HEIGHT = 120
#: Ink is a little higher than asked for, since it is blurred when it is enlarged.
ROOM = 40


def row(digits: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> Floats:
    """Write digits in a row, none touching another; some as close as their forms allow."""
    gap = HEIGHT * (rng.uniform(0.08, 0.5) if rng.random() < 0.6 else rng.uniform(0.06, 0.12))
    close = rng.random() < 0.4
    return trimmed(
        reduce(lambda one, other: join(one, other, gap, close=close), _sizes(digits, rng))
    )


def touching(digits: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> Floats:
    """Write digits so that each touches the one before."""
    lap = -HEIGHT * rng.uniform(0.02, 0.08)
    return trimmed(
        reduce(lambda one, other: join(one, other, lap, close=True), _sizes(digits, rng))
    )


def _sizes(digits: Sequence[NDArray[np.uint8]], rng: np.random.Generator) -> list[Floats]:
    """Ink of each, of different heights half of the time."""
    spread = 0.45 if rng.random() < 0.5 else 0.1
    heights = [HEIGHT * rng.uniform(1 - spread, 1) for _ in digits]
    inks = [enlarged(digit, height, HEIGHT) for digit, height in zip(digits, heights, strict=True)]
    return [_lowered(ink, rng) for ink in inks]


def _lowered(ink: Floats, rng: np.random.Generator) -> Floats:
    """Put ink somewhere in a strip of the full height."""
    strip = np.zeros((HEIGHT + ROOM, ink.shape[1]))
    top = int(rng.integers(0, max(HEIGHT, len(ink)) - len(ink) + 1))
    strip[top : top + len(ink)] = ink
    return strip


def join(one: Floats, other: Floats, gap: float, *, close: bool) -> Floats:
    """Put two strips of ink side by side.

    Args:
        one: [H, W], the left one.
        other: [H, V], the right one.
        gap: Pixels between them; negative: they overlap by so much.
        close: Count the gap between the ink of single rows, and not between boxes.
    """
    slack = _slack(one, other, max(0, round(gap))) if close else 0
    left = max(0, one.shape[1] + round(gap) - slack)
    both = np.zeros((len(one), max(one.shape[1], left + other.shape[1])))
    both[:, : one.shape[1]] = one
    both[:, left : left + other.shape[1]] = np.maximum(both[:, left : left + other.shape[1]], other)
    return both


def _slack(one: Floats, other: Floats, reach: int) -> int:
    """How far two boxes can come closer until ink meets ink in a row, or `reach` rows off."""
    tall = ndimage.maximum_filter1d(one, 2 * reach + 1, axis=0) > 0.1
    inked = tall.any(1) & (other > 0.1).any(1)
    if not inked.any():
        return 0
    free = np.argmax(tall[inked, ::-1], 1) + np.argmax(other[inked] > 0.1, 1)
    return int(free.min())
