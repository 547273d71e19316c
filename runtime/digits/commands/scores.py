"""What `digits eval` prints for people."""

from collections.abc import Mapping, Sequence

from digits.accuracy import Answer, abstained, answered, by_kind, by_label, confusion, score
from digits.calibration import calibration_error, reliability
from digits.commands.tables import fields, table
from digits.figures import coverage
from digits.intervals import Interval, Method, interval
from digits.outcome import Outcome


def scores(outcome: Outcome) -> str:
    """Accuracy as a whole, by label and by kind, and the confusion table."""
    answers = outcome.answers
    parts = [
        fields([*_subject(outcome), *_total(answers), *_abstained(answers)]),
        _groups("label", by_label(answers, outcome.labels)),
        _groups("kind", by_kind(answers)),
        _confusion(outcome),
    ]
    return "\n\n".join(filter(None, parts))


def percent(share: float | None) -> str:
    """0.98765 → "98.77 %"; a dash for what isn't known."""
    return "-" if share is None or share != share else f"{100 * share:.2f} %"


def range_of(sure: Interval) -> str:
    """An interval in per cent."""
    return f"{100 * sure.low:.1f} to {100 * sure.high:.1f} %"


def method_of(sure: Interval) -> str:
    """How an interval was found."""
    if sure.method is Method.WRITERS:
        return f"by {sure.writers} writers (bootstrap)"
    return "by images (Wilson)"


def abstentions(answers: Sequence[Answer]) -> str:
    """How often the model abstained, and why."""
    reasons = abstained(answers)
    total = sum(reasons.values())
    why = ", ".join(f"{count} {reason}" for reason, count in reasons.items())
    return f"{total} ({percent(total / len(answers))}): {why}" if total else "never"


def _subject(outcome: Outcome) -> list[tuple[str, object]]:
    how = "as canvases" if outcome.canvas else "through the front end"
    return [
        ("model", f"{outcome.model} on {outcome.provider}"),
        ("data", f"{outcome.data}, {how}"),
        *([("not readable", len(outcome.failures))] if outcome.failures else []),
    ]


def _total(answers: Sequence[Answer]) -> list[tuple[str, object]]:
    total, sure = score(answers), interval(answers)
    error = calibration_error(reliability(answers))
    return [
        ("accuracy", f"{percent(total.accuracy)}: {total.right} of {total.total}"),
        ("95 % interval", f"{range_of(sure)}, {method_of(sure)}"),
        ("ECE", f"{percent(error)}, expected calibration error"),
    ]


def _abstained(answers: Sequence[Answer]) -> list[tuple[str, object]]:
    given = answered(answers)
    if len(given) == len(answers):
        return []
    right = percent(score(given).accuracy)
    return [
        ("abstained", abstentions(answers)),
        ("answered", f"{percent(coverage(answers))}, of which {right} right"),
    ]


def _groups(name: str, groups: Mapping[str, Sequence[Answer]]) -> str:
    rows = []
    for key, answers in groups.items():
        if answers:
            total = score(answers)
            sure = range_of(interval(answers))
            rows.append((key, total.total, total.right, percent(total.accuracy), sure))
    return table((name, "images", "right", "accuracy", "95 % interval"), rows) if rows else ""


def _confusion(outcome: Outcome) -> str:
    """With "none" for images without a label and for abstaining, where there are any."""
    counts = confusion(outcome.answers, outcome.labels)
    last_row, last_column = any(counts[-1]), any(row[-1] for row in counts)
    columns = (*outcome.labels, *(["none"] if last_column else []))
    rows = zip((*outcome.labels, *(["none"] if last_row else [])), counts, strict=False)
    body = [(label, *row[: len(columns)]) for label, row in rows]
    return table(("shown \\ read", *columns), body)
