"""Where the time of an image goes, a bar for each kind of file."""

from matplotlib.axes import Axes

from digits.bench.measurements.stages import STAGES, SUBJECTS
from digits.bench.results import Measured
from digits.bench.spread import spread
from digits.reports.drawing import INK, figure, plain, png

_COLOURS = {
    "find": "#9ca3af",
    "read": "#64748b",
    "decode": "#f59e0b",
    "front": "#10b981",
    "net": "#a855f7",
    "write": "#2563eb",
}
# Of a bar, that its number fits into.
_ROOM = 7.0


def stages(measured: Measured) -> bytes | None:
    """Draw bars of 100 %, as PNG; None if nothing was measured.

    Args:
        measured: The measurement "stages".
    """
    found = {subject: _stages(measured, subject) for subject in SUBJECTS}
    filled = {subject: parts for subject, parts in found.items() if sum(parts.values())}
    if not filled:
        return None
    drawn = figure(11, 1.5 + 0.7 * len(filled))
    axes = drawn.subplots()
    for place, parts in enumerate(filled.values()):
        _draw(axes, place, parts)
    axes.set_yticks(range(len(filled)), list(filled), fontsize=11)
    axes.set_ylim(len(filled) - 0.5, -0.5)
    axes.set_xlim(0, 116)
    axes.set_xticks([])
    axes.set_title(
        "where the time of an image goes, % (µs in all, summed over processes)",
        loc="left",
        color=INK,
    )
    handles = [axes.barh(0, 0, color=_COLOURS[stage], label=stage) for stage in STAGES]
    axes.legend(
        handles=handles, frameon=False, ncols=len(STAGES), loc="upper left", bbox_to_anchor=(0, 0)
    )
    plain(axes)
    return png(drawn)


def _stages(measured: Measured, subject: str) -> dict[str, float]:
    found = {stage: measured.samples(subject, stage) for stage in STAGES}
    return {stage: spread(samples).median if samples else 0.0 for stage, samples in found.items()}


def _draw(axes: Axes, place: int, parts: dict[str, float]) -> None:
    whole, left = sum(parts.values()), 0.0
    for stage, took in parts.items():
        share = 100 * took / whole
        axes.barh(place, share, 0.62, left=left, color=_COLOURS[stage])
        if share >= _ROOM:
            text = f"{share:.0f} %"
            axes.text(left + share / 2, place, text, va="center", ha="center", color="white")
        left += share
    axes.text(left, place, f"  {whole:,.0f} µs", va="center", color=INK)
