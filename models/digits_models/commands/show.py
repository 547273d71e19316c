"""`digits show`: look at a network or a data set."""

from __future__ import annotations

import enum
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from digits import extras
from digits.errors import UsageError
from digits_models import data, gallery, registry, splits, tables
from digits_models.summary import summarise


class Format(enum.StrEnum):
    """How to print what is shown."""

    table = "table"
    json = "json"


def show(
    arch: Annotated[
        str | None, typer.Option(help=f"The network: {', '.join(registry.names())}")
    ] = None,
    versus: Annotated[
        str | None, typer.Option(help="A second network, to put beside the first")
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option("--data", help="The data set: mnist or fashion-mnist; draws DATA.png, too"),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the data sets are; else $DIGITS_DATA, else a cache")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            help="PNG to write the grid of samples to; else DATA.png in the current folder"
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print it")] = Format.table,
) -> None:
    """Show the layers of a network, or what a data set holds.

    All for one image: a multiply-add is 2 FLOP, the bytes are those of a layer's output.
    """
    _check_question(arch, versus, dataset, data_dir, output)
    if dataset is not None:
        _show_data(dataset, data_dir, output or Path(f"{dataset}.png"), format_)
    elif arch is not None:
        _show_networks([arch] if versus is None else [arch, versus], format_)


def _check_question(
    arch: str | None,
    versus: str | None,
    dataset: str | None,
    data_dir: Path | None,
    output: Path | None,
) -> None:
    if arch is not None and dataset is not None:
        raise UsageError("--arch and --data are two questions: ask one at a time")
    if versus is not None and arch is None:
        raise UsageError("--versus needs --arch, the network to compare with")
    if arch is None and dataset is None:
        raise UsageError(
            f"nothing to show: name a network with --arch ({', '.join(registry.names())}) "
            f"or a data set with --data ({', '.join(data.DATASETS)})"
        )
    if dataset is None and (data_dir is not None or output is not None):
        raise UsageError("--data-dir and --output go with --data")
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: the samples are drawn as PNG, name a .png file")


def _show_networks(names: list[str], format_: Format) -> None:
    summaries = [summarise(registry.get(name)) for name in names]
    if format_ is Format.json:
        _print_json({"networks": [summary.as_dict() for summary in summaries]})
        return
    tables.put([tables.layers(summary) for summary in summaries], [tables.totals(summaries)])


def _show_data(name: str, data_dir: Path | None, picture: Path, format_: Format) -> None:
    data.get(name)  # an unknown name is the user's first problem, a missing matplotlib the second
    extras.need("plot", "matplotlib")
    found = gallery.count(name, data_dir)
    gallery.draw(picture, name, data_dir)
    if format_ is Format.json:
        _print_json({**found.as_dict(), "picture": str(picture)})
    else:
        tables.put([tables.census(found)])
    print(f"{picture}: samples of each label; in training, {splits.DESCRIPTION}", file=sys.stderr)


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
