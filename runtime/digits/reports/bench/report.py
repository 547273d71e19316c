"""Writing the report of a benchmark: index.html, its pictures, and all samples as bench.json."""

from collections.abc import Callable
from pathlib import Path

from digits.bench.results import Measured, Run, to_json
from digits.reports import directory

PAGE, SAMPLES = "index.html", "bench.json"
Draw = Callable[[Measured], bytes | None]


def write(target: Path, run: Run) -> None:
    """Write the report of a run; other files in the folder stay.

    Raises:
        OutputError: It can't be written; nothing of it is there then.
    """
    from digits.reports.bench.page import page

    pictures = _pictures(run)
    files = {
        **pictures,
        SAMPLES: f"{to_json(run)}\n".encode(),
        PAGE: page(run, pictures).encode("utf-8", "replace"),
    }
    directory.write(target, files)


def _pictures(run: Run) -> dict[str, bytes]:
    """PNG by file name, of what was measured."""
    # matplotlib takes half a second to import, which a table has no use for.
    from digits.reports.bench.latency import latency
    from digits.reports.bench.stages import stages
    from digits.reports.bench.summary import summary
    from digits.reports.bench.throughput import throughput

    drawings: dict[str, tuple[str, Draw]] = {
        "folder": ("summary.png", summary),
        "batch": ("throughput.png", throughput),
        "latency": ("latency.png", latency),
        "stages": ("stages.png", stages),
    }
    found = {}
    for measured in run.measured:
        name, draw = drawings.get(measured.name, ("", None))
        picture = draw(measured) if draw is not None else None
        if picture is not None:
            found[name] = picture
    return found
