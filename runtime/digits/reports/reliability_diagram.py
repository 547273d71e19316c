"""The reliability diagram: how sure the model was, and how often it was right."""

from collections.abc import Sequence
from typing import Any

from digits.accuracy import Answer
from digits.calibration import calibration_error, reliability
from digits.reports.drawing import BLUE, FAINT, INK, RED, figure, plain, png


def reliability_diagram(answers: Sequence[Answer]) -> bytes:
    """Draw accuracy over confidence, and below it how many answers there are, as PNG."""
    bins = reliability(answers)
    filled = [item for item in bins if item.images]
    drawn = figure(6.4, 6.4)
    upper, lower = drawn.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    upper.plot([0, 1], [0, 1], color=FAINT, linestyle="--", label="as sure as right")
    left, width = [item.low for item in filled], 1 / len(bins)
    right = [item.accuracy for item in filled]
    gaps = [item.confidence - item.accuracy for item in filled]
    bars: dict[str, Any] = {"width": width, "align": "edge"}
    upper.bar(left, right, color=BLUE, edgecolor="white", label="right", **bars)
    outline = {"facecolor": "none", "edgecolor": RED, "hatch": "////", "linewidth": 1}
    upper.bar(left, gaps, bottom=right, label="gap to confidence", **bars, **outline)
    upper.set(ylim=(0, 1.02), ylabel="share that is right")
    upper.legend(loc="upper left", frameon=False, labelcolor=INK)
    upper.set_title(f"expected calibration error {100 * calibration_error(bins):.2f} %", color=INK)
    lower.bar(left, [item.images for item in filled], color=FAINT, edgecolor="white", **bars)
    lower.set(yscale="log", xlim=(0, 1), xlabel="confidence", ylabel="answers")
    for axes in (upper, lower):
        plain(axes)
        axes.grid(axis="y", alpha=0.25)
    return png(drawn)
