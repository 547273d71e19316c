"""`digits show`: look at a network, at one image inside it, or at a data set."""

from __future__ import annotations

import enum
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from digits import extras
from digits.images import load_pixels
from digits_models import data, gallery, registry, splits, tables, weights
from digits_models.commands.question import Question, check
from digits_models.summary import summarise
from digits_models.weights import Trained, write_whole

_IMAGES = 2_000


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
    image: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="An image: draws the network's kernels and what each layer makes of it",
        ),
    ] = None,
    features: Annotated[
        bool,
        typer.Option("--features", help="Draw a map (t-SNE) of the network's last features"),
    ] = False,
    weights_file: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="Weights for --image, --features; else the shipped"
        ),
    ] = None,
    dataset: Annotated[
        str | None,
        typer.Option("--data", help="The data set: mnist or fashion-mnist; draws DATA.png, too"),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=20, metavar="N", help=f"Images for --features; {_IMAGES} by default"),
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the data sets are; else $DIGITS_DATA, else a cache")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "--out",
            metavar="FILE",
            help="PNG to draw to; else DATA.png, ARCH-maps.png or ARCH-features.png in the "
            "current folder",
        ),
    ] = None,
    format_: Annotated[Format, typer.Option("--format", help="How to print it")] = Format.table,
) -> None:
    """Show the layers of a network, one image inside it, its features, or what a data set holds.

    All for one image: a multiply-add is 2 FLOP, the bytes are those of a layer's output.
    """
    question = Question(
        arch, versus, image, features, weights_file, dataset, limit, data_dir, output
    )
    check(question)
    if arch is None:
        assert dataset is not None
        _show_data(dataset, data_dir, output or Path(f"{dataset}.png"), format_)
    elif image is not None:
        _show_image(arch, weights_file, image, output or Path(f"{arch}-maps.png"), format_)
    elif features:
        _show_features(question, arch, output or Path(f"{arch}-features.png"), format_)
    else:
        _show_networks([arch] if versus is None else [arch, versus], format_)


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


def _show_image(arch: str, file: Path | None, image: Path, picture: Path, format_: Format) -> None:
    registry.get(arch)
    extras.need("plot", "matplotlib")
    # Drawing is imported when something is drawn.
    from digits_models import activations, feature_maps

    pixels = load_pixels(image)
    trained = weights.load(arch, file)
    passage = activations.follow(trained, pixels)
    labels = _labels(trained)
    title = f"{arch}: {trained.architecture.title}"
    write_whole(picture, feature_maps.draw(passage, labels, title))
    best = int(passage.probabilities.argmax())
    confidence = float(passage.probabilities[best])
    if format_ is Format.json:
        shapes = {stage.name: list(stage.output.shape) for stage in passage.stages}
        answer = {"label": labels[best], "confidence": confidence}
        _print_json({"arch": arch, **answer, "stages": shapes, "picture": str(picture)})
    else:
        print(f"{image}: {labels[best]}, {100 * confidence:.1f} %")
    print(f"{picture}: kernels and feature maps, canvas first", file=sys.stderr)


def _show_features(question: Question, arch: str, picture: Path, format_: Format) -> None:
    architecture = registry.get(arch)
    name = data.get(question.dataset or architecture.dataset).name
    extras.need("plot", "matplotlib", "sklearn")
    from digits_models import embedding

    trained = weights.load(arch, question.weights)
    found = embedding.embed(trained, name, question.limit or _IMAGES, question.data_dir)
    images, wrong = len(found.truth), int(found.mistakes.sum())
    title = f"{arch}: last features of {images:,} test images of {found.dataset.title}, by t-SNE"
    write_whole(picture, embedding.draw(found, title))
    if format_ is Format.json:
        counts = {"images": images, "wrong": wrong, "picture": str(picture)}
        _print_json({"arch": arch, "dataset": name, **counts})
    else:
        print(f"{arch} on {name}: {images} images, {wrong} read wrong")
    print(f"{picture}: points that lie close are alike to the network", file=sys.stderr)


def _labels(trained: Trained) -> tuple[str, ...]:
    """The labels of what it was trained on, which its record may name."""
    name = str(trained.record.get("dataset", trained.architecture.dataset))
    return data.get(name).labels


def _print_json(value: object) -> None:
    print(json.dumps(value, indent=2, ensure_ascii=False))
