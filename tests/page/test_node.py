"""Node: the goldens, and the program that reads PNG files."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import Classifier

IMAGES = Path(__file__).parents[2] / "samples" / "images"


def node(*command: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["node", *command], capture_output=True, text=True, check=False)


def test_the_goldens(samples: Callable[[str], Path], exported: Path) -> None:
    done = node(samples("node") / "replay.mjs", exported)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(report)
    assert report["graphs"].keys() == {"model.onnx", "front.onnx", "image.onnx"}
    for figures in report["graphs"].values():
        assert figures["goldens"] > 10
        assert figures["flips"] == 0
        assert figures["probabilities"] <= 1e-5


def test_png_files(samples: Callable[[str], Path], exported: Path) -> None:
    files = sorted(IMAGES.glob("*.png"))
    assert len(files) > 30
    done = node(samples("node") / "read.mjs", exported, *files)
    assert done.returncode == 0, done.stderr
    runtime = Classifier.load(exported, "cpu")
    for file, line in zip(files, done.stdout.splitlines(), strict=True):
        answer, expected = json.loads(line), runtime.predict(file)
        assert answer["label"] == expected.label, file.name
        if "16-bit" not in file.name:
            assert answer["probabilities"] == pytest.approx(expected.probabilities, abs=1e-4)
