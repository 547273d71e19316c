"""The example of a network of one's own: its command, as its first lines give it."""

import shutil
from pathlib import Path

import pytest

from digits import Classifier
from digits.cli import export, main

SAMPLES = Path(__file__).parents[2] / "samples"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with nothing but the example."""
    for name in ("own_model.py", "own_labels.txt"):
        shutil.copy(SAMPLES / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def evaluate(folder):
    """Report on two pictures, one of them with a label that is surely wrong."""
    pictures = folder / "pictures"
    for label in ("circle", "star"):
        (pictures / label).mkdir(parents=True)
        shutil.copy(SAMPLES / "images" / "7-chalk-board.jpg", pictures / label)
    words = ["--provider", "cpu", "--report", str(folder / "report")]
    return main(["eval", "bundles/shapes", str(pictures), *words])


def test_the_command_exports_a_bundle_that_reads(folder, capsys):
    source = (folder / "own_model.py").read_text()
    command = next(line for line in source.splitlines() if line.startswith("digits-export "))
    assert export(command.split()[1:]) == 0
    assert "digits verify bundles/shapes" in capsys.readouterr().out
    assert main(["verify", "bundles/shapes", "--provider", "cpu"]) == 0
    classifier = Classifier.load("bundles/shapes", "cpu")
    answer = classifier.predict(SAMPLES / "images" / "7-chalk-board.jpg")
    assert answer.label in ("circle", "square", "star", "triangle")
    assert answer.canvas.shape == (3, 48, 64)
    assert evaluate(folder) == 0
    assert {file.name for file in (folder / "bundles" / "shapes").glob("*.pt")} == {
        "model.torchscript.pt",
        "image.torchscript.pt",
    }
