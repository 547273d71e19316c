"""One kind of output, compared over many goldens: how far it is off, and whether that is allowed.

A flipped label counts as a failure where it is decided: where the best two of float64's figures
differ by more than twice the allowed difference. Nearer than that, both may be right.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.generic]

GREY_LEVELS = "grey levels"
FLIPS = "flips"


@dataclass(frozen=True)
class Check:
    """One kind of output, compared over all goldens.

    Attributes:
        name: What was compared.
        compared: On how many goldens.
        worst: The largest difference; of labels, the number of decided ones that flipped.
        allowed: The largest allowed difference.
        unit: What the two are measured in.
        typical: Root mean square of all differences; labels have none.
        flips: Of labels, how many flipped in all.
        where: The golden with the largest difference, if there is any.
    """

    name: str
    compared: int
    worst: float
    allowed: float
    unit: str = ""
    typical: float | None = None
    flips: int | None = None
    where: str | None = None

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing differed too much; NaN fails."""
        return self.compared > 0 and self.worst <= self.allowed

    def __str__(self) -> str:
        if not self.compared:
            return f"{self.name} (nothing was compared)"
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.name} ({self.worst:.3g}{unit} at {self.where}, allowed {self.allowed:g})"


def differences(
    name: str,
    found: Sequence[object],
    truth: Sequence[Array],
    allowed: float,
    unit: str = "",
    *,
    where: Sequence[str],
    scales: Sequence[float] | None = None,
) -> Check:
    """Compare arrays, one for each golden.

    Args:
        name: What is compared.
        found: What the device answers.
        truth: What it should.
        allowed: The largest allowed difference.
        unit: What the differences are measured in.
        where: Names of the goldens.
        scales: What to divide each golden's differences by.
    """
    several = [_difference(*pair) for pair in zip(found, truth, strict=True)]
    if scales is not None:
        several = [values / scale for values, scale in zip(several, scales, strict=True)]
    largest = np.array([values.max(initial=0.0) for values in several])
    return Check(
        name=name,
        compared=len(several),
        # numpy's maximum is NaN if one of them is; Python's would lose it.
        worst=float(largest.max(initial=0.0)),
        allowed=allowed,
        unit=unit,
        typical=_root_mean_square(several),
        where=where[int(largest.argmax())] if largest.any() else None,
    )


def labels(
    name: str,
    found: Sequence[Array],
    truth: Sequence[Array],
    allowed: Sequence[float],
    *,
    where: Sequence[str],
    scores: Sequence[Array] | None = None,
) -> Check:
    """Compare labels, one for each golden.

    Args:
        name: What is compared.
        found: Probabilities or logits that the device answers, 1-D.
        truth: Those that it should.
        allowed: By how much each golden's scores may differ.
        where: Names of the goldens.
        scores: What tells whether a label is decided, where that isn't `truth`.
    """
    flipped = np.array([_flipped(*pair) for pair in zip(found, truth, strict=True)], bool)
    gaps = np.array([_gap(row) for row in (truth if scores is None else scores)])
    decided = flipped & (gaps > 2 * np.asarray(allowed, np.float64))
    first = int(decided.argmax()) if decided.any() else int(flipped.argmax()) if len(truth) else 0
    return Check(
        name=name,
        compared=len(truth),
        worst=float(decided.sum()),
        allowed=0.0,
        unit=FLIPS,
        flips=int(flipped.sum()),
        where=where[first] if flipped.any() else None,
    )


def finite(value: float) -> float | str:
    """The value, or its name: JSON has no NaN and no infinity."""
    return value if isfinite(value) else str(value)


def _root_mean_square(several: Sequence[NDArray[np.float64]]) -> float:
    every = np.concatenate(several) if several else np.zeros(0)
    with np.errstate(over="ignore"):  # a stranger's goldens may hold any numbers
        return float(np.sqrt(np.square(every).mean())) if every.size else 0.0


def _difference(found: object, truth: Array) -> NDArray[np.float64]:
    """Absolute differences, flat; one that is infinite if the shapes differ, so that it fails."""
    values = np.asarray(found, np.float64)
    if values.shape != truth.shape:
        return np.array([np.inf])
    with np.errstate(all="ignore"):  # infinity from infinity is NaN, which fails
        return np.abs(values - truth.astype(np.float64)).reshape(-1)


def _flipped(found: Array, truth: Array) -> bool:
    return found.shape != truth.shape or bool(found.argmax() != truth.argmax())


def _gap(scores: Array) -> float:
    """By how much the best of the scores exceeds the second; there may be only one label."""
    best = np.sort(scores.astype(np.float64))[-2:]
    return float(best[-1] - best[0]) if len(best) > 1 else float("inf")
