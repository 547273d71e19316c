"""What was measured on a GPU, for people: medians, ratios to the best peer, the share reached."""

import re
from collections.abc import Iterator, Sequence
from statistics import median, quantiles

from digits.commands.tables import table
from digits_export.bench import cuda_matrix
from digits_export.bench.cuda_engines import PRECISIONS
from digits_export.bench.cuda_record import OURS, PART, PEER, Measured, Series

_HEAD = ("contender", "figure", "median", "quartiles", "unit", "over the best peer", "of the rate")
_WARMED = ", warmed up"
_LESS_IS_BETTER = ("µs", "ms")


def as_table(measured: Sequence[Measured]) -> str:
    """Tables of all measurements, and what is to be known beside them."""
    return "\n\n".join("\n".join(_part(item, measured)) for item in measured)


def _part(item: Measured, measured: Sequence[Measured]) -> Iterator[str]:
    yield f"{item.title} ({item.seconds} s)"
    rows = [_row(series, item, measured) for series in item.series if series.samples]
    if rows:
        yield table(_HEAD, rows)
    yield from (f"note: {note}" for note in item.notes)
    yield from (f"FAILED: {line}" for line in item.failed)


def _row(series: Series, item: Measured, measured: Sequence[Measured]) -> tuple[object, ...]:
    middle = median(series.samples)
    ratio = over_best_peer(series, item)
    share = share_of_rate(series, item, measured)
    return (
        series.contender,
        series.figure,
        _number(middle),
        _quartiles(series.samples),
        series.unit,
        "" if ratio is None else f"{ratio:.2f}",
        "" if share is None else f"{100 * share:.1f} %",
    )


def over_best_peer(series: Series, item: Measured) -> float | None:
    """How many times better ours is than the best peer at the same figure; None for others."""
    if series.kind not in (OURS, PART):
        return None
    peers = [
        median(other.samples)
        for other in item.series
        if other.kind == PEER and other.samples and other.figure == series.figure
        if _terms(other) == _terms(series)
    ]
    if not peers:
        return None
    ours = median(series.samples)
    return min(peers) / ours if series.unit in _LESS_IS_BETTER else ours / max(peers)


def _terms(series: Series) -> str:
    """What contenders must share to be compared: what is after the name, less how we warm up."""
    comma = series.contender.replace(_WARMED, "").partition(", ")[2] if series.kind != PART else ""
    last = series.contender.rpartition(" ")[2]
    return last if last in PRECISIONS else comma


def share_of_rate(series: Series, item: Measured, measured: Sequence[Measured]) -> float | None:
    """What share of the card's matrix rate in the same precision the images/s are."""
    each = next((re.search(r"([\d.e+]+) GFLOP an image", note) for note in item.notes), None)
    precision = series.contender.rpartition(" ")[2]
    limits = [
        median(other.samples)
        for part in measured
        for other in part.series
        if other.contender == cuda_matrix.CONTENDER and other.figure == precision and other.samples
    ]
    if each is None or not limits or series.unit != "images/s":
        return None
    return median(series.samples) * float(each.group(1)) * 1e9 / (limits[0] * 1e12)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _quartiles(samples: Sequence[float]) -> str:
    if len(samples) < 2:
        return ""
    low, _, high = quantiles(samples, n=4, method="inclusive")
    return f"{_number(low)} to {_number(high)}"
