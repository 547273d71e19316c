"""All figures of an evaluation, as they go into JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from math import isfinite
from typing import TypeAlias

from digits.accuracy import Answer, abstained, answered, by_kind, by_label, confusion, score
from digits.calibration import calibration_error, reliability
from digits.intervals import interval
from digits.outcome import Outcome

Record: TypeAlias = dict[str, object]


def figures(outcome: Outcome) -> Record:
    """Measure an evaluation; JSON has no NaN, so what can't be known is None.

    `confusion` has a last row for images that show none of the labels, and a last column for
    answers that abstained.
    """
    answers, labels = outcome.answers, outcome.labels
    bins = reliability(answers)
    return {
        "model": outcome.model,
        "provider": outcome.provider,
        "data": outcome.data,
        "canvas": outcome.canvas,
        "thresholds": dict(outcome.thresholds),
        **record(answers),
        "answered": {**record(answered(answers)), "coverage": coverage(answers)},
        "abstained": abstained(answers),
        "ece": _known(calibration_error(bins)),
        "labels": {key: record(group) for key, group in by_label(answers, labels).items()},
        "kinds": {key: record(group) for key, group in by_kind(answers).items()},
        "confusion": confusion(answers, labels),
        "reliability": [_known_values(asdict(item)) for item in bins],
        "failures": [{"path": f.path, "error": f.error} for f in outcome.failures],
    }


def record(answers: Sequence[Answer]) -> Record:
    """The accuracy of some answers, its 95 % interval, and how that was found."""
    total, sure = score(answers), interval(answers)
    return {
        "images": total.total,
        "right": total.right,
        "accuracy": _known(total.accuracy),
        "interval": [sure.low, sure.high],
        "interval_by": sure.method.value,
        "writers": sure.writers,
    }


def coverage(answers: Sequence[Answer]) -> float | None:
    """The share of images that got a label; None without images."""
    return len(answered(answers)) / len(answers) if answers else None


def _known_values(values: dict[str, float]) -> dict[str, float | None]:
    return {key: _known(value) for key, value in values.items()}


def _known(value: float) -> float | None:
    return value if isfinite(value) else None
