"""What `digits bench` measured, as tables for people."""

from collections.abc import Sequence

from digits.bench import cuda
from digits.bench.comparison import Change, changes, differences
from digits.bench.registry import NAMES, get
from digits.bench.results import Measured, Run, Series
from digits.bench.spread import Spread, spread
from digits.bench.verdicts import Verdict, verdicts
from digits.commands.tables import table

_MET = {True: "met", False: "MISSED", None: ""}


def as_table(run: Run) -> str:
    """All measurements of a run: figures, targets, and who didn't take part."""
    if run.settings.get("provider") == "cuda":
        return cuda.as_table(run.measured)
    return "\n\n".join(_measured(measured) for measured in run.measured)


def as_comparison(old: Run, new: Run) -> str:
    """What changed between two runs."""
    found = list(changes(old, new))
    rows = [_change(change) for change in found]
    head = ("", "figure", "unit", "old", "new", "new/old", "")
    real = sum(change.real for change in found)
    lines = [table(head, rows), "", f"{real} of {len(found)} figures changed beyond their spreads"]
    different = [f"differs: {line}" for line in differences(old, new)]
    return "\n".join([*different, *([""] if different else []), *lines])


def comparison_record(old: Run, new: Run) -> dict[str, object]:
    """The same for programs."""
    found = [
        {
            "measurement": change.measurement,
            "contender": change.series.contender,
            "figure": change.series.figure,
            "unit": change.series.unit,
            "old": change.old.median,
            "new": change.new.median,
            "ratio": change.ratio,
            "changed": change.real,
        }
        for change in changes(old, new)
    ]
    return {"differences": differences(old, new), "figures": found}


def _measured(measured: Measured) -> str:
    parts = [f"{measured.name}: {measured.title}"]
    head, rows = pivot(measured)
    if rows:
        parts.append(table(head, rows))
    targets = [_target(verdict) for verdict in verdicts_of(measured)]
    if targets:
        parts.append(table(("ratio or figure", "median", "quartiles", "target", ""), targets))
    return "\n".join([*parts, *measured.notes, *measured.failed])


def pivot(measured: Measured) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """A row for each contender, a column for each figure: medians, ± half of the middle half."""
    shown = [series for series in measured.series if series.shown]
    units = {series.figure: series.unit for series in shown}
    cells = {(series.contender, series.figure): _cell(series) for series in shown}
    contenders = dict.fromkeys(series.contender for series in shown)
    head = ("", *(f"{figure}, {unit}" for figure, unit in units.items()))
    return head, [(name, *(cells.get((name, f), "") for f in units)) for name in contenders]


def _cell(series: Series) -> str:
    found = spread(series.samples)
    if found.low == found.high or not found.median:
        return number(found.median)
    half = 50 * (found.high - found.low) / abs(found.median)
    return f"{number(found.median)} ±{half:.0f} %"


def verdicts_of(measured: Measured) -> list[Verdict]:
    """Its verdicts; none of a measurement that this version doesn't know."""
    return verdicts(get(measured.name), measured) if measured.name in NAMES else []


def _target(verdict: Verdict) -> tuple[str, ...]:
    target, reached = verdict.target, verdict.reached
    several = len(target.over) > 1 and verdict.over is not None
    text = f"{target.text} ({verdict.over})" if several else target.text
    if reached is None:
        return text, "not measured", "", bound(verdict), ""
    met = _MET[verdict.met] if bound(verdict) else ""
    return text, number(reached.median), range_of(reached), bound(verdict), met


def bound(verdict: Verdict) -> str:
    """What is wanted: "≤ 1.4" for example; empty where a figure is just told."""
    target = verdict.target
    bounds = (("≤", target.at_most), ("≥", target.at_least))
    return next((f"{sign} {value:g}" for sign, value in bounds if value is not None), "")


def _change(change: Change) -> Sequence[str]:
    return (
        f"{change.measurement}: {change.series.contender}",
        change.series.figure,
        change.series.unit,
        number(change.old.median),
        number(change.new.median),
        f"{change.ratio:.2f}",
        "changed" if change.real else "",
    )


def range_of(found: Spread) -> str:
    """The quartiles; empty if they are one."""
    return f"{number(found.low)} to {number(found.high)}" if found.low != found.high else ""


def number(value: float) -> str:
    """Three digits, or all of a large number; no powers of ten."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
