"""The models that ship read digits that people really drew, scanned and photographed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digits_models import registry

BUNDLES = Path(__file__).parents[2] / "runtime" / "digits" / "bundles"
MODELS = [
    name
    for name in registry.names()
    if registry.get(name).dataset == "mnist" and (BUNDLES / name).is_dir()
]


@pytest.fixture(scope="module")
def field() -> Path:
    folder = Path(
        os.environ.get("DIGITS_FIELD") or Path(os.environ.get("DIGITS_DATA", "")) / "field"
    )
    if not (folder / "labels.csv").is_file():
        pytest.skip("needs real images: set DIGITS_FIELD to a folder with labels.csv")
    return folder


def test_four_digit_models_ship() -> None:
    assert MODELS == ["lenet", "mlp", "cnn", "simple-cnn"]


@pytest.mark.parametrize("model", MODELS)
def test_real_digits_are_read(model: str, field: Path) -> None:
    command = [sys.executable, "-m", "digits", "eval", model, field, "--format", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["images"] >= 100
    assert report["accuracy"] >= 0.94, f"{report['right']} of {report['images']} right"
