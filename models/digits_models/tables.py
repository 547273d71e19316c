"""Summaries and counts as tables: framed and coloured on a terminal, plain and whole in a pipe."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from digits_models.gallery import Census
from digits_models.summary import Summary

# Wider than any table of ours: what reads a pipe gets whole lines.
_PIPE_WIDTH = 1000
_GAP = 2  # columns between tables side by side


def put(*tables: Sequence[Table]) -> None:
    """Print groups of tables, those of a group side by side where there is room.

    It goes through `print`, so that closed pipes and full disks are met as everywhere else (rich
    would exit the process); characters that stdout can't encode become question marks.
    """
    room = _console()
    with room.capture() as captured:
        for group in tables:
            room.print(_beside(group, room))
    lines = captured.get().splitlines()
    text = "\n".join(lines if room.is_terminal else map(str.rstrip, lines))
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "replace").decode(encoding))


def layers(summary: Summary) -> Table:
    """The layers of a network, with a line of totals."""
    table = _table(f"{summary.name}: {summary.title}", "layer", "kind")
    for column in ("output", "parameters", "multiply-adds", "bytes"):
        table.add_column(column, justify="right", overflow="fold")
    for layer in summary.layers:
        shape = "×".join(map(str, layer.shape))
        numbers = (layer.parameters, layer.multiply_adds, layer.bytes)
        table.add_row(layer.name, layer.kind, shape, *map(_number, numbers))
    table.add_section()
    totals = (summary.parameters, summary.multiply_adds, summary.activation_bytes)
    table.add_row("total", "", "", *map(_number, totals), style="bold")
    return table


def totals(summaries: Iterable[Summary]) -> Table:
    """What networks cost as a whole, one line each."""
    table = _table("", "network")
    for column in ("parameters", "as float32", "multiply-adds", "FLOP", "activations"):
        table.add_column(column, justify="right", overflow="fold")
    for summary in summaries:
        table.add_row(
            summary.name,
            _number(summary.parameters),
            scaled(summary.parameter_bytes, "B"),
            scaled(summary.multiply_adds),
            scaled(2 * summary.multiply_adds),
            scaled(summary.activation_bytes, "B"),
        )
    return table


def census(found: Census) -> Table:
    """The images of each label in each split, with a line of totals."""
    table = _table(found.dataset.title, "label")
    for split in found.counts:
        table.add_column(split, justify="right")
    for label in found.dataset.labels:
        table.add_row(label, *(_number(count[label]) for count in found.counts.values()))
    table.add_section()
    sums = (_number(sum(count.values())) for count in found.counts.values())
    table.add_row("all", *sums, style="bold")
    return table


def _console() -> Console:
    """A console on stdout that neither folds nor colours what goes into a pipe."""
    if sys.stdout.isatty():
        return Console(highlight=False)
    return Console(highlight=False, width=_PIPE_WIDTH, no_color=True, force_terminal=False)


def _beside(several: Sequence[Table], room: Console) -> Table:
    """Tables side by side, or one below the other where the terminal is too narrow."""
    needed = sum(room.measure(table).maximum + _GAP for table in several)
    frame = Table.grid(padding=(0, _GAP, 0, 0))
    for row in [several] if needed <= room.width else [[table] for table in several]:
        frame.add_row(*row)
    return frame


def _table(title: str, *headings: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    return table


def _number(value: int) -> str:
    return f"{value:,}" if value else "·"


def scaled(value: float, unit: str = "") -> str:
    """Three digits and a prefix of powers of 1000: 246824 bytes → 247 kB."""
    for prefix in ("", "k", "M", "G"):
        if value < 999.5 or prefix == "G":
            break
        value /= 1000
    return f"{value:.3g} {prefix}{unit}".rstrip()
