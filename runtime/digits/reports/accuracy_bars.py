"""Accuracy of each label and of each kind, with its interval."""

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes

from digits.accuracy import Answer, by_kind, by_label, score
from digits.intervals import interval
from digits.outcome import Outcome
from digits.reports.drawing import BLUE, INK, figure, plain, png


def accuracy_bars(outcome: Outcome) -> bytes:
    """Draw a dot and a line for each group, as PNG."""
    named = [("by label", by_label(outcome.answers, outcome.labels))]
    named.append(("by kind", by_kind(outcome.answers)))
    groups = [(title, kept) for title, group in named if (kept := _filled(group))]
    if not groups:
        groups = [("", {"all": outcome.answers})]
    sizes = [len(group) for _, group in groups]
    drawn = figure(7, 1 + 0.34 * sum(sizes) + 0.5 * len(groups))
    panels = drawn.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)
    for axes, (title, group) in zip(panels[:, 0], groups, strict=True):
        _draw(axes, group)
        axes.set_title(title, loc="left", color=INK, fontsize=11)
    panels[-1, 0].set_xlabel("accuracy in %, with its 95 % interval")
    return png(drawn)


def _filled(groups: Mapping[str, Sequence[Answer]]) -> dict[str, Sequence[Answer]]:
    return {key: answers for key, answers in groups.items() if answers}


def _draw(axes: Axes, groups: Mapping[str, Sequence[Answer]]) -> None:
    for place, answers in enumerate(groups.values()):
        sure, total = interval(answers), score(answers)
        axes.plot([100 * sure.low, 100 * sure.high], [place, place], color=BLUE, linewidth=2)
        axes.plot(100 * total.accuracy, place, "o", color=BLUE, markersize=6)
    axes.set_yticks(range(len(groups)), [f"{k}  ({len(a):,})" for k, a in groups.items()])
    axes.set_ylim(len(groups) - 0.5, -0.5)
    axes.axvline(100, color=INK, linewidth=0.6, alpha=0.4)
    axes.grid(axis="x", alpha=0.25)
    plain(axes)
