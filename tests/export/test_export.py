"""The steps of an export: what is written, and what happens when it fails."""

import errno
import json
import os
from copy import deepcopy
from dataclasses import replace

import pytest
import torch

from digits.cli import main
from digits.errors import ModelError, OutputError, UsageError
from digits.manifest import read_manifest
from digits_export import bundle, directory, onnx, subject, torchscript
from digits_export.subject import trained_subject
from digits_models import weights

LIGHT = {"model.onnx", "front.onnx", "goldens.npz", "manifest.json"}


@pytest.fixture
def mlp():
    return trained_subject(weights.load("mlp"))


@pytest.fixture
def old(tmp_path):
    """A bundle from an earlier export."""
    directory.replace(tmp_path / "mlp", {"manifest.json": b"{}", "model.onnx": b"old"})
    return tmp_path / "mlp"


def unchanged(old, contents):
    return contents(old) == {"manifest.json": b"{}", "model.onnx": b"old"} and [
        file.name for file in old.parent.iterdir()
    ] == ["mlp"]


@pytest.mark.usefixtures("quick")
def test_light_and_full_hold_the_same_files(mlp, tmp_path, contents):
    steps = []
    everything = bundle.export(mlp, tmp_path / "full", progress=steps.append)
    assert steps[:2] == ["exporting TorchScript", "exporting ONNX"]
    assert steps[-2:] == ["comparing with float64", "writing"]
    light = bundle.export(mlp, tmp_path / "light", light=True)
    assert set(light.sizes) == LIGHT
    assert light.proof.comparisons == everything.proof.comparisons
    assert light.proof.precisions == everything.proof.precisions
    files, few = contents(tmp_path / "full"), contents(tmp_path / "light")
    assert set(files) - set(few) == {
        "image.onnx",
        "model.torchscript.pt",
        "image.torchscript.pt",
        "proof.json",
        "report.md",
    }
    for name in LIGHT - {"manifest.json"}:
        assert files[name] == few[name]
    assert set(read_manifest(tmp_path / "light" / "manifest.json").files) == LIGHT - {
        "manifest.json"
    }


@pytest.mark.usefixtures("quick")
def test_large_networks_have_no_image_graphs(mlp, tmp_path, monkeypatch):
    monkeypatch.setattr(bundle, "_LARGEST_COMBINED", 100_000)
    made = bundle.export(mlp, tmp_path / "mlp")
    assert not [name for name in made.sizes if name.startswith("image")]
    assert {c.graph for c in made.proof.comparisons} == {"front"}
    assert [c.file for c in made.proof.carried] == ["model.torchscript.pt", "model.onnx"]
    assert main(["verify", str(tmp_path / "mlp"), "--provider", "cpu"]) == 0


def spoil(monkeypatch, form, which):
    """Let an exporter write one graph with one weight that isn't the trained net's."""
    save = form.save

    def wrong(graph, *options):
        if graph.name == which:
            graph = replace(graph, module=deepcopy(graph.module))
            with torch.no_grad():
                *_, last = graph.module.parameters()  # a weight of an idle unit might not matter
                last[3] += 0.5
        return save(graph, *options)

    monkeypatch.setattr(form, "save", wrong)


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    ("form", "graph", "said", "unsaid"),
    [
        (
            torchscript,
            "model",
            ["model.torchscript.pt lacks network.head.bias", "model logits in TorchScript"],
            ["onnx", "ONNX", "image"],
        ),
        (
            torchscript,
            "image",
            ["image.torchscript.pt lacks network.head.bias", "image probabilities in TorchScript"],
            ["onnx", "ONNX", "model "],
        ),
        (
            onnx,
            "model",
            [
                "model.onnx lacks network.head.bias",
                "image.onnx lacks network.head.bias",
                "model logits in ONNX Runtime cpu",
                "image probabilities in ONNX Runtime cpu",
                "probabilities from file to label",
            ],
            ["torchscript", "TorchScript"],
        ),
    ],
)
def test_a_failed_proof_shows_where_and_keeps_the_old(
    form, graph, said, unsaid, old, monkeypatch, capsys, contents
):
    spoil(monkeypatch, form, graph)
    assert main(["export", "--arch", "mlp", "--out", str(old)]) == 4
    told, notes = capsys.readouterr()
    assert told.count("FAILED") >= len(said)
    last = notes.splitlines()[-1]
    assert last.startswith("digits export: error: mlp: the export differs from the trained net (")
    assert last.endswith("): no bundle was written")
    assert [words for words in said if words not in last] == []
    assert [words for words in unsaid if words in last] == []
    assert unchanged(old, contents)


@pytest.mark.usefixtures("quick")
def test_a_full_disk_keeps_the_old(old, monkeypatch, capsys, contents):
    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(directory, "_write", full)
    assert main(["export", "--arch", "mlp", "--light", "--out", str(old)]) == OutputError.exit_code
    assert "mlp: can't be written: No space left on device" in capsys.readouterr().err
    assert unchanged(old, contents)


@pytest.mark.usefixtures("quick")
def test_what_appeared_meanwhile_is_not_lost(mlp, old):
    def put(step):
        if step == "writing":
            (old / "notes.txt").touch()

    with pytest.raises(UsageError, match=r"mlp: has notes.txt, which would be lost"):
        bundle.export(mlp, old, light=True, progress=put)
    assert (old / "notes.txt").exists()


@pytest.mark.usefixtures("quick")
def test_a_record_cannot_forge_the_digest_or_break_the_json(mlp, tmp_path):
    record = {
        "sha256": "0" * 64,
        "loss": {"test": float("inf"), "train": [float("nan"), 1.5]},
        "accuracy": {"test": "high"},
        "command": "train |\n# me",
    }
    bundle.export(replace(mlp, record=record), tmp_path / "mlp")
    text = (tmp_path / "mlp" / "manifest.json").read_text()
    found = json.loads(text, parse_constant=pytest.fail)["weights"]
    assert found["sha256"] == mlp.digest
    assert found["loss"] == {"test": "inf", "train": ["nan", 1.5]}
    assert "| trained by | `train \\| # me` |" in (tmp_path / "mlp" / "report.md").read_text()


def test_labels_and_front_end_are_those_of_the_data_that_was_learnt():
    lenet = weights.load("lenet")
    fashion = replace(lenet, record={"dataset": "fashion-mnist"})
    assert subject.front_of(lenet) == "ink"
    assert subject.front_of(fashion) == "photo"
    assert subject.dataset_of(fashion).labels[0] == "t-shirt/top"
    assert subject.dataset_of(replace(lenet, record={})).name == "mnist"
    with pytest.raises(ModelError, match="lenet were trained on 'cifar', whose labels are unknown"):
        trained_subject(replace(lenet, record={"dataset": "cifar"}))
