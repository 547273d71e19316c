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


def test_what_is_no_png_costs_only_itself(samples: Callable[[str], Path], exported: Path) -> None:
    read = samples("node") / "read.mjs"
    done = node(read, exported, IMAGES / "7-chalk-board.jpg", IMAGES / "7-tiny-14.png")
    bad, good = map(json.loads, done.stdout.splitlines())
    assert bad["path"].endswith("7-chalk-board.jpg")
    assert bad["error"].startswith("can't be read as PNG: ")
    assert good["label"] == "7"
    assert (done.returncode, done.stderr) == (1, "")
    done = node(read, exported)
    assert (done.returncode, done.stderr) == (2, "usage: node read.mjs BUNDLE IMAGE.png...\n")


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
