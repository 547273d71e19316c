"""The picture for those who read nothing else: images/s, files to labels, beside the peers."""

from dataclasses import dataclass

from matplotlib.axes import Axes

from digits.bench.measurement import Kind
from digits.bench.results import Measured
from digits.bench.spread import Spread, spread
from digits.reports.drawing import BLUE, FAINT, INK, figure, plain, png

_PEER, _LIMIT = "#9ca3af", "#e5e7eb"
_COLOURS = {Kind.OURS: BLUE, Kind.PEER: _PEER, Kind.LIMIT: _LIMIT}


@dataclass(frozen=True)
class _Bar:
    name: str
    kind: Kind
    rate: Spread


def summary(measured: Measured) -> bytes | None:
    """Draw a bar for each contender, ours first, as PNG; None if none was measured.

    Args:
        measured: The measurement "folder".
    """
    bars = _bars(measured)
    if not bars:
        return None
    # At 144 dots an inch this is 1,600 pixels wide: twice what a README shows.
    drawn = figure(1600 / 144, 1.1 + 0.46 * len(bars))
    axes = drawn.subplots()
    for place, bar in enumerate(bars):
        _draw(axes, place, bar)
    axes.set_yticks(range(len(bars)), [bar.name for bar in bars], fontsize=14)
    axes.set_ylim(len(bars) - 0.5, -0.6)
    axes.set_xlim(0, 1.16 * max(bar.rate.high for bar in bars))
    axes.set_xticks([])
    plain(axes)
    axes.set_title(
        "images/s, files to labels (28×28 PNGs; front end at work in ours alone)",
        loc="left",
        color=INK,
        fontsize=16,
    )
    return png(drawn)


def _bars(measured: Measured) -> list[_Bar]:
    order = list(_COLOURS)
    found = [
        _Bar(series.contender, series.kind, spread(series.samples))
        for series in measured.series
        if series.figure == "rate" and series.kind in _COLOURS
    ]
    return sorted(found, key=lambda bar: (order.index(bar.kind), -bar.rate.median))


def _draw(axes: Axes, place: int, bar: _Bar) -> None:
    rate = bar.rate
    axes.barh(place, rate.median, 0.68, color=_COLOURS[bar.kind])
    axes.plot([rate.low, rate.high], [place, place], color=INK, linewidth=1.2, alpha=0.6)
    label = f"  {rate.median:,.0f}"
    end = max(rate.high, rate.median)
    colour = INK if bar.kind is Kind.OURS else FAINT if bar.kind is Kind.LIMIT else "#4b5563"
    weight = "bold" if bar.kind is Kind.OURS else "normal"
    axes.text(end, place, label, va="center", color=colour, fontsize=14, fontweight=weight)
