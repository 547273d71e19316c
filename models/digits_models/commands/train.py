"""`digits train`: train one of the networks."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated

import typer

from digits.errors import UsageError
from digits_models import recipe as recipes
from digits_models import registry
from digits_models import train as training


class Device(enum.StrEnum):
    """Where to train."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


def train(
    arch: Annotated[str, typer.Option(help=f"The network: {', '.join(registry.names())}")],
    dataset: Annotated[
        str | None, typer.Option(help="mnist or fashion-mnist; else the network's own")
    ] = None,
    data_dir: Annotated[
        Path | None, typer.Option(help="Where the data sets are; else $DIGITS_DATA, else a cache")
    ] = None,
    epochs: Annotated[int | None, typer.Option(help="How often to see every image")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Images per step")] = None,
    optimizer: Annotated[str | None, typer.Option(help="sgd, adam, adamw or rmsprop")] = None,
    lr: Annotated[float | None, typer.Option(help="The highest learning rate")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="constant, cosine, one-cycle or step")
    ] = None,
    init: Annotated[str | None, typer.Option(help="default, kaiming, xavier or orthogonal")] = None,
    eval_every: Annotated[int, typer.Option(help="Steps between evaluations; 0: an epoch")] = 0,
    seed: Annotated[int, typer.Option(help="The same seed gives the same weights on a CPU")] = 0,
    device: Annotated[Device, typer.Option(help="Where to train")] = Device.auto,
    limit: Annotated[int, typer.Option(help="Images to use of each split; 0: all")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder to write; else runs/ARCH")] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Start over, whether interrupted or done")
    ] = False,
) -> None:
    """Train one of the networks.

    What isn't given comes from the network's preset. After an interruption, the same command goes
    on where it stopped; where all is done, it trains nothing.
    """
    chosen = recipes.resolve(
        arch,
        dataset=dataset,
        seed=seed,
        eval_every=eval_every,
        limit=limit,
        epochs=epochs,
        batch_size=batch_size,
        optimizer=optimizer,
        lr=lr,
        schedule=schedule,
        init=init,
    )
    folder = out or recipes.default_out(arch)
    if folder.resolve() == Path(folder.resolve().anchor):
        raise UsageError(f"--out {folder} is the root of all files: name a folder for the weights")
    result = training.train(
        chosen,
        folder,
        data_dir=data_dir,
        device=training.choose_device(device.value),
        fresh=fresh,
    )
    # A limit cuts the test set too, and its accuracy must not pass for that of the whole.
    counted = f"{result.images} images of " if limit else ""
    print(f"{result.weights}: {result.test.accuracy:.2%} of {counted}the {chosen.dataset} test set")
    print(f"export it: digits-export --arch {arch} --weights {result.weights}")
