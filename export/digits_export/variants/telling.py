"""What `digits export` tells of variants, and how it ends when one left its bound."""

from pathlib import Path

from digits.commands.options import note
from digits.commands.tables import fields, table
from digits.errors import ParityError
from digits_export.variants.making import Made
from digits_export.variants.report import rows, title, verdicts
from digits_export.variants.row import HEAD


def show_variants(made: Made) -> None:
    """Print the table and the verdicts; on stderr what was left out."""
    if not made.rows:
        return
    print(f"{title(made)}\n\n{table(HEAD, rows(made))}\n\n{fields(verdicts(made))}\n")
    for row in made.left_out:
        note(f"without {row.variant}: {'; '.join(row.reasons)}")


def check_variants(made: Made, directory: Path) -> None:
    """Fail if a variant left its bound; the bundle without it is there.

    Raises:
        ParityError: It names the variants.
    """
    if made.failed:
        failed = ", ".join(f"{row.variant} ({'; '.join(row.reasons)})" for row in made.failed)
        raise ParityError(f"{directory}: written without what left its bound: {failed}")
