"""What users of torch would do, at sizes that tell nothing about speed."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from digits import Classifier
from digits.bench.programs.opened import with_onnxruntime
from digits.bundle import MODEL, open_bundle
from digits.errors import UsageError
from digits_export.bench.network import ENGINES, as_it_comes, network


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five canvases with noise."""
    random = np.random.default_rng(3)
    for index in range(5):
        pixels = random.integers(0, 256, (28, 28), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{index}.png")
    return tmp_path


def told(module: str, *arguments: object) -> Any:
    command = [sys.executable, "-m", f"digits_export.bench.{module}", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("engine", ENGINES)
def test_both_engines_are_the_trained_network(engine: str) -> None:
    canvas = torch.zeros(3, 28, 28, dtype=torch.uint8)
    canvas[:, 4:24, 13:16] = 255
    with torch.inference_mode():
        _, probabilities = network(engine, "lenet")(canvas)
    assert probabilities.argmax(dim=1).tolist() == [1, 1, 1]
    assert probabilities.sum().item() == pytest.approx(3, abs=1e-5)


def test_as_it_comes_is_the_same_classifier_without_the_rewriting() -> None:
    graph = as_it_comes("lenet")
    assert graph != open_bundle("lenet").read(MODEL)
    canvases = np.random.default_rng(4).integers(0, 256, (20, 28, 28), np.uint8)
    ours = Classifier.load("lenet", "cpu").predict_canvases(canvases)
    assert with_onnxruntime(graph)(canvases) == pytest.approx(ours, abs=1e-5)


def test_no_such_network() -> None:
    with pytest.raises(UsageError, match="unknown architecture 'tiny'"):
        network("eager", "tiny")


def test_one_image(folder: Path) -> None:
    assert 0 <= told("one_image", "lenet", folder / "0.png") <= 9


@pytest.mark.parametrize("workers", [0, 1])
def test_a_folder(folder: Path, workers: int) -> None:
    found = told("folder", "script", "lenet", folder, 4, workers)
    assert {images for _, images in found["marks"]} == {4}


@pytest.mark.parametrize("engine", [*ENGINES, "exported"])
def test_canvases(engine: str) -> None:
    found = told("canvases", engine, "lenet", 1, 0.01, 1, 8)
    assert set(found) == {"batch 1", "batch 8"}
    assert min(found.values()) > 0
