"""Learning-rate schedules by name: progress in 0…1 → fraction of the highest rate.

They are functions of the progress alone, so a resumed training needs to know nothing but its step.
"""

from __future__ import annotations

import math
from collections.abc import Callable

#: Part of a one-cycle training in which the rate rises.
WARM_UP = 0.15

#: Where `step` divides the rate by ten.
DROPS = (0.5, 0.75)


def _constant(_progress: float) -> float:
    return 1.0


def _cosine(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * progress))


def _one_cycle(progress: float) -> float:
    """Rise, then fall to nothing (Smith and Topin, Super-convergence, 2017)."""
    if progress < WARM_UP:
        return 0.04 + 0.96 * (1 - _cosine(progress / WARM_UP))
    return _cosine((progress - WARM_UP) / (1 - WARM_UP))


def _step(progress: float) -> float:
    return float(0.1 ** sum(progress >= drop for drop in DROPS))


SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": _constant,
    "cosine": _cosine,
    "one-cycle": _one_cycle,
    "step": _step,
}
