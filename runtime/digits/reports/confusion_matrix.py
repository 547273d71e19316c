"""The confusion matrix as a heat map with its counts."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from numpy.typing import NDArray

from digits.accuracy import confusion
from digits.outcome import Outcome
from digits.reports.drawing import FAINT, INK, figure, plain, png


def confusion_matrix(outcome: Outcome) -> bytes:
    """Draw how often each label was read as each, as PNG.

    "none" stands for images that show no label, and for answers that abstained. Right answers are
    grey. Shades are logarithmic and tell mistakes apart, so that single ones show
    beside thousands of right answers.
    """
    counts = np.array(confusion(outcome.answers, outcome.labels))
    rows = [*outcome.labels, "none"][: len(counts) if counts[-1].any() else -1]
    columns = [*outcome.labels, "none"][: len(counts) if counts[:, -1].any() else -1]
    right = np.eye(len(counts), dtype=bool)[: len(rows), : len(columns)]
    long = max(map(len, (*rows, *columns))) > 4
    drawn = figure(8.4, 7.4) if long else figure(7, 6.4)
    axes = drawn.subplots()
    _shade(axes, counts[: len(rows), : len(columns)], right)
    turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"}
    axes.set_xticks(range(len(columns)), columns, **(turned if long else {}))
    axes.set_yticks(range(len(rows)), rows)
    axes.set(xlabel="read", ylabel="shown")
    plain(axes)
    return png(drawn)


def _shade(axes: Axes, counts: NDArray[np.int64], right: NDArray[np.bool_]) -> None:
    mistakes = np.ma.masked_where(right | (counts == 0), counts)
    highest = max(2, int(mistakes.max())) if mistakes.count() else 2
    axes.imshow(np.where(right, 0.12, 0.0), cmap="Greys", vmin=0, vmax=1)
    axes.imshow(mistakes, cmap="YlOrRd", norm=LogNorm(0.5, highest * 1.6))
    for (row, column), count in np.ndenumerate(counts):
        dark = not right[row, column] and count > max(2, 0.5 * highest)
        colour = "white" if dark else INK if count else FAINT
        axes.text(
            column, row, str(count or "·"), ha="center", va="center", color=colour, fontsize=9
        )
