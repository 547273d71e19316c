"""When a model gives no label: the page is empty, holds several digits, or the answer is unsure.

The thresholds belong to the front end and to the trained network, and travel in the manifest.
"""

import math
from collections.abc import Mapping, Sequence

from digits.errors import UsageError
from digits.prediction import Reason

PRESENT = "present"
OTHERS = "others"
CONFIDENCE = "confidence"

Thresholds = Mapping[str, float]


def reason_to_abstain(
    thresholds: Thresholds, evidence: Mapping[str, float], confidence: float
) -> Reason | None:
    """The first reason that applies, or None: empty, then several, then unsure.

    Args:
        thresholds: "present" and "others", which the evidence of the same name is compared with,
            and "confidence"; what isn't given is not asked for.
        evidence: What the front end measured; a threshold whose evidence it lacks is left out.
        confidence: The highest probability.
    """
    # Written so that NaN abstains, too.
    if _known(PRESENT, thresholds, evidence) and not evidence[PRESENT] >= thresholds[PRESENT]:
        return Reason.EMPTY
    if _known(OTHERS, thresholds, evidence) and not evidence[OTHERS] <= thresholds[OTHERS]:
        return Reason.SEVERAL
    if CONFIDENCE in thresholds and not confidence >= thresholds[CONFIDENCE]:
        return Reason.UNSURE
    return None


def reasons_to_abstain(
    thresholds: Thresholds,
    names: Sequence[str],
    evidence: Sequence[Sequence[float]],
    confidences: Sequence[float],
) -> list[Reason | None]:
    """`reason_to_abstain` for many images, of which most have none.

    Args:
        thresholds: As there.
        names: Names of the figures in each row of evidence.
        evidence: What the front end measured, a row for each image.
        confidences: The highest probability of each image.
    """
    names = names[: min(map(len, evidence), default=0)]
    if not names:
        return [reason_to_abstain(thresholds, {}, confidence) for confidence in confidences]
    least = thresholds.get(CONFIDENCE, -math.inf)
    present, fewest = _column(PRESENT, thresholds, names, -math.inf)
    others, most = _column(OTHERS, thresholds, names, math.inf)
    return [
        None
        if row[present] >= fewest and row[others] <= most and confidence >= least
        else reason_to_abstain(thresholds, dict(zip(names, row, strict=False)), confidence)
        for row, confidence in zip(evidence, confidences, strict=True)
    ]


def _column(
    name: str, thresholds: Thresholds, names: Sequence[str], always: float
) -> tuple[int, float]:
    """Where a figure stands and what it is compared with; any figure passes if it isn't asked."""
    asked = name in thresholds and name in names
    return (names.index(name), thresholds[name]) if asked else (0, always)


def _known(name: str, thresholds: Thresholds, evidence: Mapping[str, float]) -> bool:
    return name in thresholds and name in evidence


def chosen_thresholds(
    own: Thresholds, min_confidence: float | None, *, abstain: bool
) -> dict[str, float]:
    """The thresholds of a bundle as a caller wants them.

    Args:
        own: What the bundle says.
        min_confidence: Takes the place of its confidence; 0 asks for none.
        abstain: Whether to abstain at all.

    Raises:
        UsageError: `min_confidence` isn't in 0 to 1, or given although nothing abstains.
    """
    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise UsageError(f"the minimum confidence is {min_confidence:g}: give 0 to 1")
    if min_confidence is not None and not abstain:
        raise UsageError("a minimum confidence is of no use where every image gets a label")
    if not abstain:
        return {}
    return {**own} if min_confidence is None else {**own, CONFIDENCE: min_confidence}
