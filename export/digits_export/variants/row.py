"""What is told of a variant: its size, speed, accuracy, and whether it is worth it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from digits_export.variants.judge import Judged
from digits_export.variants.timing import Times

HEAD = ("variant", "file", "bytes", "one canvas", "in a batch", "accuracy", "flips", "")
# Nearer than that, sizes and times are called equal.
_EQUAL = 1.1


@dataclass(frozen=True)
class Row:
    """One variant, or model.onnx that it is held against.

    Attributes:
        variant: Its name; "float32" for model.onnx.
        file: Its file.
        bound: What it must keep, in words.
        bytes: Size of the file; 0 if it couldn't be made.
        judged: Its answers beside float64's, if it could be made.
        times: How long it takes, if it passed.
        reasons: Why it isn't in the bundle; empty if it is.
        failed: Whether it was made, and left its bound.
        tolerance: How far a device may be from the goldens, by output.
        goldens: Name of the file with its own answers to them; None if float64's count.
        verdict: Whether it is worth it.
    """

    variant: str
    file: str
    bound: str
    bytes: int = 0
    judged: Judged | None = None
    times: Times | None = None
    reasons: tuple[str, ...] = ()
    failed: bool = False
    tolerance: Mapping[str, float] = field(default_factory=dict)
    goldens: str | None = None
    verdict: str = ""


def cells(row: Row, base: Row) -> tuple[str, ...]:
    """The row of a table under `HEAD`; ratios are those to model.onnx."""
    judged, times = row.judged, row.times
    accuracy = judged.accuracy if judged else None
    verdict = ("FAILED" if row.failed else "left out") if row.reasons else "ok"
    return (
        row.variant,
        row.file,
        f"{row.bytes:,} ({row.bytes / base.bytes:.2f}×)" if row.bytes else "-",
        _time(times.one, base.times.one) if times and base.times else "-",
        _time(times.each, base.times.each) if times and base.times else "-",
        "-" if accuracy is None else f"{accuracy:.2%}",
        f"{judged.flips} of {judged.compared:,}" if judged else "-",
        verdict,
    )


def entry(row: Row) -> dict[str, Any]:
    """The row as the manifest tells of it."""
    own = {} if row.goldens is None else {"goldens": row.goldens}
    return {"file": row.file, "tolerance": dict(row.tolerance), **own}


def record(row: Row) -> dict[str, Any]:
    """The row as it is written to proof.json."""
    judged, times = row.judged, row.times
    return {
        "variant": row.variant,
        "file": row.file,
        "bytes": row.bytes,
        "bound": row.bound,
        "passed": not row.reasons,
        "reasons": list(row.reasons),
        "verdict": row.verdict,
        **({"one_us": times.one, "batch_us": times.each, "batch": times.batch} if times else {}),
        **(_judged(judged) if judged else {}),
    }


def verdict(row: Row, base: Row, purpose: str) -> str:
    """Whether a variant that passed is worth it, beside model.onnx on this machine's processor.

    The time is that of one canvas alone, as devices read them.

    Args:
        row: The variant.
        base: model.onnx.
        purpose: What the variant is for, where it is neither smaller nor faster.
    """
    times, own = row.times, base.times
    if times is None or own is None:
        return ""
    gains, losses = _weighed(row.bytes / base.bytes, "smaller", "larger")
    faster, slower = _weighed(times.one / own.one, "faster", "slower")
    gains, losses = gains + faster, losses + slower
    if gains and not losses:
        return f"worth it: {' and '.join(gains)}"
    if gains:
        return f"{' and '.join(gains)}, but {' and '.join(losses)}: worth it only {_only(gains)}"
    no_better = " and ".join(losses) or "neither smaller nor faster"
    return f"not worth it here, {no_better}: only {purpose}"


def _only(gains: Sequence[str]) -> str:
    return "where bytes count" if "smaller" in gains[0] else "where time counts"


def _weighed(ratio: float, less: str, more: str) -> tuple[list[str], list[str]]:
    """A gain, or a loss, or neither."""
    if ratio * _EQUAL < 1:
        return [f"{1 / ratio:.1f}× {less}"], []
    return ([], [f"{ratio:.1f}× {more}"]) if ratio > _EQUAL else ([], [])


def _time(value: float, base: float) -> str:
    return f"{value:,.1f} µs ({value / base:.2f}×)"


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "compared": judged.compared,
        "accuracy": judged.accuracy,
        "flips": judged.flips,
        "widest_flip": judged.widest,
        "errors": {
            name: {"worst": error.worst, "typical": error.typical}
            for name, error in judged.errors.items()
        },
    }
