"""How long one image takes: the share of calls that are done by then."""

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from digits.bench.measurements.latency import STEPS
from digits.bench.results import Measured
from digits.bench.spread import spread
from digits.reports.drawing import BLUE, FAINT, INK, figure, plain, png

_COLOURS = {
    "predict": BLUE,
    "bare": INK,
    "decode": "#f59e0b",
    "front": "#10b981",
    "net": "#a855f7",
}
_NAMES = {"bare": "decode + bare runs", "front": "front end alone", "net": "net alone"}
_SIDES = (28, 280)


def latency(measured: Measured) -> bytes | None:
    """Draw curves of percentiles, as PNG; None if nothing was measured.

    Args:
        measured: The measurement "latency".
    """
    sides = [side for side in _SIDES if _percentiles(measured, f"predict {side}×{side}")]
    if not sides:
        return None
    drawn = figure(11, 4.8)
    panels = drawn.subplots(1, len(sides), sharey=True, squeeze=False)[0]
    for axes, side in zip(panels, sides, strict=True):
        for step in STEPS:
            _line(axes, step, _percentiles(measured, f"{step} {side}×{side}"))
        axes.set_title(f"a PNG of {side}×{side} in memory, warm", loc="left", color=INK)
        _scale(axes)
    panels[0].set_ylabel("calls done by then, %")
    panels[0].legend(framealpha=1, edgecolor="none", fontsize=9, loc="center")
    return png(drawn)


def _percentiles(measured: Measured, contender: str) -> list[tuple[float, float]]:
    found = (
        (float(series.figure.removeprefix("p")), spread(series.samples).median)
        for series in measured.series
        if series.contender == contender
    )
    return sorted(found)


def _line(axes: Axes, step: str, points: list[tuple[float, float]]) -> None:
    inner = [(share, took) for share, took in points if share < 100]
    if not inner:
        return
    axes.plot(
        [took for _, took in inner],
        [share for share, _ in inner],
        color=_COLOURS[step],
        label=_NAMES.get(step, step),
        linewidth=2.6 if step == "predict" else 1.4,
        zorder=3 if step == "predict" else 2,
    )


def _scale(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.set_xlabel("µs")
    axes.set_ylim(0, 101)
    axes.axhline(50, color=FAINT, linewidth=0.8)
    axes.grid(alpha=0.25)
    axes.tick_params(which="minor", length=0)
    plain(axes)
