"""The variants for people: a table and a verdict each, on the terminal and in report.md."""

from collections.abc import Sequence

from digits_export.variants.making import Made
from digits_export.variants.row import HEAD, cells


def title(made: Made) -> str:
    """What the table shows."""
    count = made.rows[0].judged.compared if made.rows and made.rows[0].judged else 0
    batch = made.rows[0].times.batch if made.rows and made.rows[0].times else 0
    return (
        f"Variants, on {count:,} canvases ({made.judged_on}), one thread of the CPU, "
        f"batches of {batch}; in times of float32's"
    )


def rows(made: Made) -> list[tuple[str, ...]]:
    """The table under `HEAD`."""
    return [cells(row, made.rows[0]) for row in made.rows]


def verdicts(made: Made) -> list[tuple[str, str]]:
    """For each variant whether it is worth it, or why it isn't there."""
    return [(row.variant, row.verdict or "; ".join(row.reasons)) for row in made.rows[1:]]


def section(made: Made) -> str:
    """The section of report.md; nothing without variants."""
    if not made.rows:
        return ""
    bounds = [(row.variant, row.bound) for row in made.rows[1:]]
    parts = [
        "## Variants",
        f"{title(made)}. Flips and errors are differences from float64.",
        _markdown(HEAD, rows(made)),
        _markdown(("variant", "bound"), bounds),
        _markdown(("variant", "verdict"), verdicts(made)),
    ]
    return "\n\n".join(parts) + "\n"


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
