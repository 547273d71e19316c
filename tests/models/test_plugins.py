"""Architectures and front ends of other distributions."""

import sys

import pytest

from digits.errors import ModelError, UsageError
from digits_models import front, registry

SOURCE = """
from torch import nn
from digits_models.canvas import MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.photo import Photo
from digits_models.registry import Architecture

ARCHITECTURE = Architecture(
    name="line",
    title="One line",
    source="a test",
    build=lambda: DigitNetwork({"flatten": nn.Flatten()}, nn.Linear(784, 10)),
    prepare=lambda: Prepare(MNIST_INK),
    dataset="mnist",
    front="ink",
    parameters=7850,
)


def still(canvas, crop):
    return Photo()
"""


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with these entry points on the path; undone afterwards."""
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    monkeypatch.setattr(registry, "_architectures", dict(registry._architectures))
    monkeypatch.setattr(registry, "_seen", set())
    monkeypatch.setattr(registry, "_origins", {})

    def put(name, points):
        (tmp_path / "plugged.py").write_text(SOURCE)
        info = tmp_path / f"{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(points)

    yield put
    sys.modules.pop("plugged", None)


def test_an_architecture_of_another_distribution_is_known(install):
    install("lines", "[digits_edge.architectures]\nline = plugged:ARCHITECTURE\n")
    assert "line" in registry.names()
    assert registry.get("line").build().head.in_features == 784
    assert registry.names().count("line") == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("missing:ARCHITECTURE", "line of lines can't be loaded (missing:ARCHITECTURE: No module"),
        ("plugged:still", "'function' object has no attribute 'name'"),
    ],
)
def test_a_broken_one_is_left_out_and_told(install, capsys, target, reason):
    install("lines", f"[digits_edge.architectures]\nline = {target}\n")
    assert "line" not in registry.names()
    assert "lenet" in registry.names()
    notes = capsys.readouterr().err
    assert notes.count("note: architecture line of lines left out: ") == 1
    assert reason in notes


def test_a_name_that_is_taken_is_told(install, capsys):
    install("lines", "[digits_edge.architectures]\na = plugged:ARCHITECTURE\n")
    install("other", "[digits_edge.architectures]\nb = plugged:ARCHITECTURE\n")
    registry.names()
    notes = capsys.readouterr().err
    assert "b of other left out: architecture 'line' is registered already, by lines" in notes


def test_a_front_end_of_another_distribution_is_built(install):
    install("stills", "[digits_edge.front_ends]\nstill = plugged:still\n")
    assert front.front_ends() == ["ink", "photo", "still"]
    assert front.evidence_names(front.build_front("still")) == ("contrast",)
    install("again", "[digits_edge.front_ends]\nstill = plugged:still\n")
    with pytest.raises(UsageError, match=r"'still' comes from (stills and again|again and stills)"):
        front.build_front("still")


def test_a_front_end_that_cannot_be_loaded_names_its_distribution(install):
    install("stills", "[digits_edge.front_ends]\nstill = missing:still\n")
    with pytest.raises(ModelError, match="still of stills can't be loaded"):
        front.build_front("still")


@pytest.mark.parametrize("canvas", [(5, 5), (3, 28), (4, 28, 28)])
def test_photo_says_which_canvases_it_makes(canvas):
    with pytest.raises(UsageError, match="'photo' makes canvases in colour, or grey squares of"):
        front.build_front("photo", canvas)
