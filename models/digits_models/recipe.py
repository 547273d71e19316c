"""What determines a training: the preset of each network, and what the user changes of it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

from digits.errors import UsageError
from digits_models import data, registry
from digits_models.initial import INITIALS
from digits_models.optimizers import OPTIMIZERS
from digits_models.schedule import SCHEDULES


@dataclass(frozen=True)
class Preset:
    """The settings that suit a network; chosen on the validation split.

    Attributes:
        epochs: How often every training image is seen.
        batch_size: Images per step.
        optimizer: A name of OPTIMIZERS.
        lr: The highest learning rate of the schedule.
        schedule: A name of SCHEDULES.
        init: A name of INITIALS.
        weight_decay: Shrinks the weights a little at each step.
        label_smoothing: Part of the target that is spread over all classes.
        ema: Decay per step of the average of the weights that is evaluated and kept.
        augment: Strength of the augmentation of images that are changed as they are shown.
        renditions: How often every image is drawn anew beforehand; 0 changes it as it is shown.
        teacher: Learn from the teacher of the data set, too; it needs renditions.
        own: Weight of the labels beside the teacher.
        damaged: Weight of damaged renditions beside the others.
        precision: "float32", or "bfloat16" for the forward passes of the training.
    """

    epochs: int = 20
    batch_size: int = 128
    optimizer: str = "adamw"
    lr: float = 2e-3
    schedule: str = "one-cycle"
    init: str = "kaiming"
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    ema: float = 0.999
    augment: float = 1.0
    renditions: int = 0
    teacher: bool = False
    own: float = 0.3
    damaged: float = 1.0
    precision: str = "float32"


PRECISIONS = ("float32", "bfloat16")

#: What all networks that learn from a teacher have in common.
_TAUGHT = Preset(renditions=16, teacher=True)

PRESETS: dict[str, Preset] = {
    "lenet": replace(_TAUGHT, epochs=120, lr=4e-3),
    "lenet-sigmoid": replace(_TAUGHT, epochs=60, lr=12e-3, init="xavier", weight_decay=0.0),
    # The smallest ones can't learn all damage and every pen; they are for clean digits first.
    "mlp": replace(_TAUGHT, epochs=200, lr=3e-3, damaged=0.3),
    "cnn": replace(_TAUGHT, epochs=160, lr=4e-3, damaged=0.3),
    "simple-cnn": replace(_TAUGHT, epochs=90, lr=3e-3, damaged=0.5),
    "vgg16": Preset(epochs=3, batch_size=64, lr=1e-4, renditions=3, precision="bfloat16"),
    "teacher": Preset(
        epochs=28,
        lr=2e-3,
        weight_decay=0.05,
        label_smoothing=0.02,
        renditions=16,
        damaged=0.5,
        precision="bfloat16",
    ),
}


@dataclass(frozen=True)
class Recipe:
    """Everything that the trained weights depend on, besides the data and the tool versions.

    `eval_every` counts steps, 0 means once an epoch; `limit` is the number of images to use of each
    split, 0 for all; the rest is explained at `Preset`.
    """

    arch: str
    dataset: str
    seed: int
    eval_every: int
    limit: int
    preset: Preset


def resolve(
    arch: str,
    *,
    dataset: str | None = None,
    seed: int = 0,
    eval_every: int = 0,
    limit: int = 0,
    **changes: str | float | None,
) -> Recipe:
    """Take the preset of a network and change what the user said.

    Raises:
        UsageError: An unknown name, or a number out of its range.
    """
    architecture = registry.get(arch)
    given = {name: value for name, value in changes.items() if value is not None}
    preset = replace(PRESETS.get(arch, Preset()), **given)  # type: ignore[arg-type]
    _check_name("optimizer", preset.optimizer, OPTIMIZERS)
    _check_name("schedule", preset.schedule, SCHEDULES)
    _check_name("initialisation", preset.init, INITIALS)
    _check_name("precision", preset.precision, PRECISIONS)
    _check_at_least("--epochs", preset.epochs, 1)
    _check_at_least("--batch-size", preset.batch_size, 1)
    _check_at_least("--eval-every", eval_every, 0)
    _check_at_least("--limit", limit, 0)
    _check_at_least("--seed", seed, 0)
    if not 0 < preset.lr < float("inf"):
        raise UsageError(f"--lr is {preset.lr}; it must be above 0")
    name = data.get(dataset or architecture.dataset).name
    return Recipe(arch, name, seed, eval_every, limit, preset)


def default_out(arch: str) -> Path:
    """Return where a training writes unless the user says otherwise."""
    return Path("runs") / arch


def command(recipe: Recipe) -> str:
    """Return the command line that trains these weights again."""
    preset = recipe.preset
    words = [
        f"digits train --arch {recipe.arch} --dataset {recipe.dataset} --epochs {preset.epochs}",
        f"--batch-size {preset.batch_size} --optimizer {preset.optimizer} --lr {preset.lr}",
        f"--schedule {preset.schedule} --init {preset.init} --eval-every {recipe.eval_every}",
        f"--seed {recipe.seed} --limit {recipe.limit}",
    ]
    return " ".join(words)


def _check_name(what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise UsageError(f"unknown {what} {name!r}; known: {', '.join(known)}")


def _check_at_least(option: str, value: int, least: int) -> None:
    if value < least:
        raise UsageError(f"{option} is {value}; it must be at least {least}")
