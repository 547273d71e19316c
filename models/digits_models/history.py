"""What a training leaves for people to look at: history.csv and curves.png."""

from __future__ import annotations

import csv
import io
import sys
from dataclasses import asdict, fields
from importlib.util import find_spec
from pathlib import Path

from digits.extras import pip
from digits_models.recipe import Recipe
from digits_models.session import Row
from digits_models.weights import write_whole


def say(text: str) -> None:
    """Print a note for people, apart from the results."""
    print(text, file=sys.stderr, flush=True)


def write(file: Path, rows: list[Row]) -> None:
    """Write one line per evaluation; OutputError if it can't be written."""
    text = io.StringIO(newline="")
    table = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    table.writeheader()
    table.writerows(asdict(row) for row in rows)
    write_whole(file, text.getvalue().encode())


def draw(file: Path, rows: list[Row], recipe: Recipe) -> None:
    """Draw the curves of loss and accuracy; without matplotlib, say how to get it and go on."""
    if find_spec("matplotlib") is None:
        say(f"no {file.name} without matplotlib: run: {pip()} install 'digits-edge[plot]'")
        return
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 4), layout="constrained")
    figure.suptitle(f"{recipe.arch} on {recipe.dataset}")
    left, right = figure.subplots(1, 2)
    steps = [row.step for row in rows]
    marker = "o" if len(rows) == 1 else ""
    for axes, what in ((left, "loss"), (right, "accuracy")):
        for split, label in (("train", "training, augmented"), ("validation", "validation")):
            values = [getattr(row, f"{split}_{what}") for row in rows]
            axes.plot(steps, values, marker=marker, label=label)
        axes.set(xlabel="step", title=what)
        axes.grid(visible=True, alpha=0.3)
        axes.legend()
    picture = io.BytesIO()
    # Without the version of matplotlib inside, equal trainings draw equal files.
    figure.savefig(picture, format="png", dpi=120, metadata={"Software": None})
    write_whole(file, picture.getvalue())
