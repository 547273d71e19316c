"""Writing a report: index.html, its pictures, and all figures as report.json."""

import json
from collections.abc import Iterable
from pathlib import Path

from digits.figures import figures
from digits.mistakes import Reading
from digits.outcome import Outcome
from digits.reports import directory

PAGE, FIGURES = "index.html", "report.json"


def write(target: Path, outcome: Outcome) -> None:
    """Write the report of an evaluation; other files in the folder stay.

    Raises:
        OutputError: It can't be written; nothing of it is there then.
    """
    # Drawing takes half a second to import, which the other commands have no use for.
    from digits.reports.accuracy_bars import accuracy_bars
    from digits.reports.confusion_matrix import confusion_matrix
    from digits.reports.contact_sheet import contact_sheet
    from digits.reports.page import page
    from digits.reports.reliability_diagram import reliability_diagram
    from digits.reports.tiles import tiles

    worst = tiles(outcome.worst)
    pictures = {
        "accuracy.png": accuracy_bars(outcome),
        "confusion.png": confusion_matrix(outcome),
        "reliability.png": reliability_diagram(outcome.answers),
        "mistakes.png": contact_sheet(worst),
    }
    record = figures(outcome) | {"mistakes": _mistakes(outcome.worst)}
    files = {
        **pictures,
        FIGURES: f"{json.dumps(record, indent=2)}\n".encode(),
        PAGE: page(outcome, pictures, worst).encode("utf-8", "replace"),
    }
    directory.write(target, files)


def _mistakes(worst: Iterable[Reading]) -> list[dict[str, object]]:
    return [
        {
            "name": reading.name,
            "truth": reading.answer.truth,
            "label": reading.answer.label,
            "confidence": reading.answer.confidence,
            "reason": reading.answer.reason,
        }
        for reading in worst
    ]
