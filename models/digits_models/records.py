"""The record of a training: what rebuilds and re-trains its weights. No times, no local paths."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

from digits_models import registry, splits
from digits_models.doubt import Doubt
from digits_models.measure import Score
from digits_models.recipe import Recipe, command
from digits_models.session import Session


def unfinished(run: Session) -> dict[str, object]:
    """Return the record of weights whose training goes on; its test accuracy is not known yet."""
    return {**_origin(run), "complete": False, "step": run.step}


def finished(
    run: Session, temperature: float, threshold: Doubt | None, test: Score, images: int
) -> dict[str, object]:
    """Return the record of weights that are done, measured on that many test images."""
    return {
        **_origin(run),
        "complete": True,
        "step": run.step,
        "temperature": temperature,
        **(asdict(threshold) if threshold else {}),
        "accuracy": _accuracy(run) | {"test": test.accuracy},
        "loss": {"test": test.loss},
        "images": {"test": images},
    }


def score_if_done(
    record: Mapping[str, Any], recipe: Recipe, device: str
) -> tuple[Score, int] | None:
    """Return the score and the number of test images, if this recipe was trained to its end."""
    expected = {
        "complete": True,
        "command": command(recipe),
        "arguments": _arguments(recipe),
        "device": device,
    }
    if any(record.get(name) != value for name, value in expected.items()):
        return None
    try:
        score = Score(accuracy=record["accuracy"]["test"], loss=record["loss"]["test"])
        return score, int(record["images"]["test"])
    except (KeyError, TypeError, ValueError):
        return None  # written by hand, or by an older version


def _arguments(recipe: Recipe) -> dict[str, object]:
    return asdict(recipe.preset) | {"eval_every": recipe.eval_every, "limit": recipe.limit}


def _origin(run: Session) -> dict[str, object]:
    recipe = run.recipe
    return {
        "arch": recipe.arch,
        "parameters": registry.get(recipe.arch).parameters,
        "dataset": recipe.dataset,
        "split": splits.DESCRIPTION,
        "seed": recipe.seed,
        "command": command(recipe),
        "arguments": _arguments(recipe),
        "device": run.device.type,
        "versions": {"python": platform.python_version()}
        | {name: version(name) for name in ("digits-edge", "torch", "torchvision")},
        "best_step": run.best_row.step if run.best_row else run.step,
        "accuracy": _accuracy(run),
    }


def _accuracy(run: Session) -> dict[str, float]:
    if run.best_row is None:
        return {}
    return {
        "train_augmented": run.best_row.train_accuracy,
        "validation": run.best_row.validation_accuracy,
    }
