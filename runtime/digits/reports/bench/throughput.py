"""Images/s over batch size, a panel for each number of threads."""

from collections.abc import Iterable

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter

from digits.bench.measurements.batch import NAMES, THREADS, name_of
from digits.bench.results import Measured, Series
from digits.bench.spread import spread
from digits.reports.drawing import BLUE, INK, figure, plain, png

_SIZE = "batch "
_COLOURS = {
    "digits": BLUE,
    "exported": "#f59e0b",
    "onnxruntime": "#0ea5e9",
    "eager": "#dc2626",
    "script": "#a855f7",
    "openvino": "#10b981",
}


def throughput(measured: Measured) -> bytes | None:
    """Draw lines with their quartiles, as PNG; None if nothing was measured.

    Args:
        measured: The measurement "batch".
    """
    if not any(_sizes(measured, name_of("digits", threads)) for threads in THREADS):
        return None
    drawn = figure(11, 4.8)
    panels = drawn.subplots(1, len(THREADS), sharey=True, squeeze=False)[0]
    for axes, (threads, title) in zip(panels, THREADS.items(), strict=True):
        for engine, name in NAMES.items():
            _line(axes, engine, name, _sizes(measured, name_of(engine, threads)))
        axes.set_title(title, loc="left", color=INK, fontsize=12)
        axes.set_xlabel("canvases in one call")
        _scale(axes)
    panels[0].set_ylim(0)  # once all is drawn, since the panels share their heights
    panels[0].set_ylabel("images/s")
    panels[0].legend(frameon=False, fontsize=9, loc="upper left")
    return png(drawn)


def _sizes(measured: Measured, contender: str) -> list[tuple[int, Series]]:
    found = (
        (int(series.figure.removeprefix(_SIZE)), series)
        for series in measured.series
        if series.contender == contender and series.figure.startswith(_SIZE)
    )
    return sorted(found, key=lambda item: item[0])


def _line(axes: Axes, engine: str, name: str, sizes: Iterable[tuple[int, Series]]) -> None:
    rows = [(size, spread(series.samples)) for size, series in sizes]
    if not rows:
        return
    colour, ours = _COLOURS[engine], engine == "digits"
    places = [size for size, _ in rows]
    axes.plot(
        places,
        [rate.median for _, rate in rows],
        "o-",
        color=colour,
        label=name,
        markersize=4,
        linewidth=2.6 if ours else 1.4,
        zorder=3 if ours else 2,
    )
    low, high = ([rate.low for _, rate in rows], [rate.high for _, rate in rows])
    axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)


def _scale(axes: Axes) -> None:
    axes.set_xscale("log", base=2)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0f}"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.grid(alpha=0.25)
    plain(axes)
