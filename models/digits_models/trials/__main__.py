"""`python -m digits_models.trials SET OUT`: make a test set as images and a labels.csv."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from digits import extras
from digits.errors import DigitsError, UsageError

MODULES = ("scipy", "skimage", "HersheyFonts")


def make(
    name: Annotated[str, typer.Argument(metavar="SET", help="mnist-c, rerendered or not-digits")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="A new folder.")],
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the data sets are; else $DIGITS_DATA, else a cache")
    ] = None,
    limit: Annotated[
        int, typer.Option(min=0, help="Images of each kind; 0: the set's own number")
    ] = 0,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same images")] = 0,
) -> None:
    """Make a test set, to measure a model on with `digits eval`."""
    extras.need("export")
    extras.need("trials", *MODULES)
    from digits_models.trials import made, sets

    if name not in sets.SETS:
        raise UsageError(f"unknown set {name!r}; known: {', '.join(sets.SETS)}")
    counts = made.write(sets.SETS[name](data_dir, limit, seed), out)
    print(f"{counts.total()} images of {len(counts)} kinds in {out}")


def main() -> None:
    """Run the command; an error is one line and an exit code."""
    try:
        typer.run(make)
    except DigitsError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
