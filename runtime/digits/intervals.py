"""How sure one can be of an accuracy: 95 % intervals, by image or by writer."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from digits.accuracy import Answer, Score, score

# The normal distribution's 97.5 % quantile, for intervals that hold 95 %.
_Z = 1.959963984540054

RESAMPLES = 2_000
SEED = 0
# Resamples drawn at once: some 10 bytes for each of them and each writer.
_AT_ONCE = 100


class Method(StrEnum):
    """How an interval was found."""

    WILSON = "wilson"
    WRITERS = "writers"


@dataclass(frozen=True)
class Interval:
    """A 95 % interval of an accuracy.

    Attributes:
        low: Its lower end, 0 to 1.
        high: Its upper end.
        method: How it was found.
        writers: How many writers the images are from, where that is known.
    """

    low: float
    high: float
    method: Method
    writers: int | None = None


def interval(answers: Sequence[Answer]) -> Interval:
    """The interval by writers where they are known, else by images.

    Images of one writer are alike, so the interval by images would be too narrow. Where all answers
    are right or all are wrong, resampling sees no spread at all, and images are counted again.
    """
    total = score(answers)
    if all(answer.writer is None for answer in answers):
        return Interval(*wilson(total), Method.WILSON)
    counts = _by_writer(answers)
    if len(counts) < 2 or total.right in (0, total.total):
        return Interval(*wilson(total), Method.WILSON, len(counts))
    low, high = np.quantile(np.concatenate(list(_resampled(counts))), [0.025, 0.975])
    return Interval(float(low), float(high), Method.WRITERS, len(counts))


def wilson(total: Score) -> tuple[float, float]:
    """Wilson's 95 % interval (E. B. Wilson, JASA 22, 1927): right for small samples, too."""
    if not total.total:
        return 0.0, 1.0
    n, p, zz = total.total, total.accuracy, _Z**2
    centre = (p + zz / (2 * n)) / (1 + zz / n)
    half = _Z * sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def _by_writer(answers: Sequence[Answer]) -> NDArray[np.int64]:
    """Right answers and all answers of each writer, int64 [writers, 2].

    An image whose writer isn't known has one of its own.
    """
    counts: dict[str | int, list[int]] = {}
    for place, answer in enumerate(answers):
        count = counts.setdefault(place if answer.writer is None else answer.writer, [0, 0])
        count[0] += answer.right
        count[1] += 1
    return np.array(list(counts.values()), np.int64)


def _resampled(counts: NDArray[np.int64]) -> Iterator[NDArray[np.float64]]:
    """Accuracies of as many writers, drawn with replacement.

    The cluster bootstrap with percentiles (Davison and Hinkley, Bootstrap Methods, 1997, 3.8).
    """
    columns = np.ascontiguousarray(counts.T)
    generator = np.random.default_rng(SEED)
    for _ in range(RESAMPLES // _AT_ONCE):
        drawn = generator.integers(len(counts), size=(_AT_ONCE, len(counts)), dtype=np.int32)
        right, total = (column[drawn].sum(axis=1) for column in columns)
        yield right / total
