"""Medians, quartiles and ratios of a few samples; no numpy, so that `--compare` is instant."""

from collections.abc import Sequence
from statistics import median, quantiles
from typing import NamedTuple


class Spread(NamedTuple):
    """The middle of some samples, where half of them lie, and where all do."""

    median: float
    low: float
    high: float
    least: float
    most: float

    def overlaps(self, other: "Spread") -> bool:
        """Whether any of these samples lies among the others, or the other way round."""
        return self.least <= other.most and other.least <= self.most


def spread(samples: Sequence[float]) -> Spread:
    """Median, quartiles and range.

    Raises:
        ValueError: There are no samples.
    """
    if len(samples) < 2:
        (only,) = samples
        return Spread(only, only, only, only, only)
    low, _, high = quantiles(samples, n=4, method="inclusive")
    return Spread(median(samples), low, high, min(samples), max(samples))


def percentiles(samples: Sequence[float], shares: Sequence[float]) -> dict[float, float]:
    """Nearest-rank percentiles: values that really occurred.

    Args:
        samples: One or more.
        shares: Percent, 0 to 100.
    """
    ordered = sorted(samples)
    last = len(ordered) - 1
    return {share: ordered[round(share / 100 * last)] for share in shares}
