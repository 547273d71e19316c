"""Whether confidences mean what they say: of answers that are 90 % sure, are 90 % right?"""

from collections.abc import Sequence
from dataclasses import dataclass

from digits.accuracy import Answer, answered

BINS = 15


@dataclass(frozen=True)
class Bin:
    """The answers whose confidence is in one range.

    Attributes:
        low: Lower end of the range; it is in the range above only.
        high: Upper end.
        images: How many answers.
        confidence: Their mean confidence; NaN without answers.
        accuracy: The share of them that is right; NaN without answers.
    """

    low: float
    high: float
    images: int
    confidence: float
    accuracy: float


def reliability(answers: Sequence[Answer]) -> list[Bin]:
    """Sort the answers given, not those that abstained, into bins of equal width."""
    bins: list[list[Answer]] = [[] for _ in range(BINS)]
    for answer in answered(answers):
        bins[min(int(answer.confidence * BINS), BINS - 1)].append(answer)
    return [_bin(index, members) for index, members in enumerate(bins)]


def calibration_error(bins: Sequence[Bin]) -> float:
    """The expected calibration error, 0 to 1; NaN without answers.

    How far confidence is from accuracy in each bin, weighted by the bins' answers (Guo et al., On
    calibration of modern neural networks, 2017).
    """
    total = sum(item.images for item in bins)
    gaps = (item.images * abs(item.accuracy - item.confidence) for item in bins if item.images)
    return sum(gaps) / total if total else float("nan")


def _bin(index: int, members: Sequence[Answer]) -> Bin:
    count = len(members)
    nothing = float("nan")
    return Bin(
        low=index / BINS,
        high=(index + 1) / BINS,
        images=count,
        confidence=sum(m.confidence for m in members) / count if count else nothing,
        accuracy=sum(m.right for m in members) / count if count else nothing,
    )
