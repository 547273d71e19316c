"""`digits export --variants` as a whole, and what the runtime does with the bundle."""

import json
from dataclasses import replace

import numpy as np
import pytest
from onnx import load_from_string
from PIL import Image

from digits import Classifier
from digits.bundle import open_bundle
from digits.cli import _completed, main
from digits_export import onnx, prover
from digits_export.populations import Extent, labelled_test_set
from digits_export.variants import choose, of_subject, timing
from digits_export.variants.bound import Bound
from digits_export.variants.fp16 import Fp16
from digits_export.variants.training_images import TrainingImages, training_images

FAST = Extent(test=200, random=8, extreme=8, ties=4, batch=8)


def labels(canvases):
    return Classifier.load("mlp", provider="cpu").predict_canvases(canvases).argmax(1)


@pytest.fixture
def export(canvases, monkeypatch, tmp_path, capsys, request):
    """Exports mlp, proved on little; returns the exit code, the output and the notes."""
    request.getfixturevalue("quick")
    for module in (prover, of_subject):
        monkeypatch.setattr(module, "extent_of", lambda *_: FAST)
    monkeypatch.setattr(timing, "_SECONDS", 0.01)
    images = TrainingImages(canvases, canvases, None, held_out=False)
    monkeypatch.setattr(of_subject, "training_images", lambda *_: images)
    # Integers are for what they were calibrated on: where the data set isn't at hand, that's it.
    test_set = labelled_test_set("mnist", (28, 28)) or (canvases, labels(canvases))
    monkeypatch.setattr(of_subject, "labelled_test_set", lambda *_: test_set)

    def run(*words):
        code = main(["export", "--arch", "mlp", *size, "--out", str(tmp_path / "mlp"), *words])
        return code, *capsys.readouterr()

    size = [] if "bundle" in request.fixturenames else ["--light"]
    return run


@pytest.fixture
def bundle(tmp_path):
    """Reads JSON files of the whole bundle that `export` writes."""
    return lambda name: json.loads((tmp_path / "mlp" / name).read_text())


def test_a_bundle_with_variants_that_the_runtime_runs_and_verifies(export, tmp_path, capsys):
    code, told, notes = export("--variants")
    assert code == 0, notes
    rows = [line.split() for line in told.splitlines() if "model.int8.onnx" in line]
    assert rows[0][0] == "int8"
    assert rows[0][-1] == "ok"
    place = str(tmp_path / "mlp")
    opened = open_bundle(place)
    assert list(opened.manifest.variants) == ["pt2", "fp16", "int8", "ort"]
    assert {"model.pt2", "model.ort", "model.int8.onnx"} <= set(opened.manifest.files)
    for name in ("fp16", "int8", "ort"):
        assert main(["verify", place, "--variant", name, "--format", "json"]) == 0
        receipt = json.loads(capsys.readouterr().out)
        assert receipt["variant"] == name
        assert opened.manifest.variants[name].file in receipt["graphs"]
    # Again over it: its variants' files are ours.
    code, told, _ = export()
    assert code == 0
    assert "variants" not in json.loads((tmp_path / "mlp" / "manifest.json").read_text())


def test_one_that_leaves_its_bound_ends_with_4_and_the_rest_is_there(export, tmp_path, monkeypatch):
    monkeypatch.setattr(Fp16, "bound", Bound(coarseness=1.0))
    code, _, notes = export("--variants", "fp16,ort")
    assert code == 4
    assert "mlp: written without what left its bound: fp16 (logits are off by " in notes
    assert list(open_bundle(tmp_path / "mlp").manifest.variants) == ["ort"]


def test_int8_without_images(export, tmp_path, monkeypatch):
    monkeypatch.setattr(of_subject, "training_images", training_images)
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "nothing"))
    code, _, notes = export("--variants", "int8")
    assert code == 1
    assert "MNIST isn't in " in notes
    assert not (tmp_path / "mlp").exists()
    code, _, notes = export("--variants")
    assert code == 0
    assert "note: without int8: MNIST isn't in " in notes
    assert list(open_bundle(tmp_path / "mlp").manifest.variants) == ["pt2", "fp16", "ort"]


@pytest.fixture
def alone(export, monkeypatch, tmp_path):
    """As `export`, on a machine without the data set."""
    monkeypatch.setattr(of_subject, "training_images", training_images)
    monkeypatch.setattr(of_subject, "labelled_test_set", lambda *_: None)
    monkeypatch.setattr(of_subject, "extent_of", lambda *_: replace(FAST, test=1000))
    # The front end of three lines draws nothing.
    place = "digits_export.variants.training_images._canvas"
    monkeypatch.setattr(place, lambda _, path: np.asarray(Image.open(path)))
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "nothing"))
    return export


@pytest.mark.parametrize(
    ("given", "judged_on"),
    [
        (300, "150 canvases (images held out from calibration)"),
        (150, "150 canvases (the images calibrated on)"),
    ],
)
def test_int8_of_a_folder_is_judged_on_its_images(
    alone, canvases, tmp_path, judged_on, given, bundle
):
    for i, (canvas, label) in enumerate(zip(canvases, labels(canvases), strict=True)):
        place = tmp_path / "folder" / str(label)
        place.mkdir(parents=True, exist_ok=True)
        if i < given:
            Image.fromarray(canvas).save(place / f"{i}.png")
    code, told, notes = alone("--variants", "int8", "--calibration", str(tmp_path / "folder"))
    assert code == 0, notes
    assert f"Variants, on {judged_on}, one thread" in told
    assert bundle("proof.json")["variants"]["judged_on"] in judged_on
    # Their labels are known, so accuracy is, too.
    _, row = bundle("proof.json")["variants"]["rows"]
    assert (row["passed"], row["compared"]) == (True, 150)
    assert row["accuracy"] > 0.9
    assert list(bundle("manifest.json")["variants"]) == ["int8"]


def test_without_any_images_the_goldens_judge(alone, tmp_path, bundle):
    code, _, notes = alone("--variants", "--calibration", str(tmp_path / "gone"))
    assert code == 0
    assert "note: without int8: " in notes
    assert bundle("proof.json")["variants"]["judged_on"] == "goldens"
    code, _, notes = alone("--variants", "fp16", "--calibration", str(tmp_path / "gone"))
    assert code == 1
    assert "gone: no such folder" in notes


@pytest.mark.parametrize(
    ("args", "completed"),
    [
        ([], []),
        (["--variants"], ["--variants", "all"]),
        (["--variants", "--light"], ["--variants", "all", "--light"]),
        (["--variants", "fp16", "--out", "x"], ["--variants", "fp16", "--out", "x"]),
        (["--variants=fp16"], ["--variants=fp16"]),
    ],
)
def test_the_value_may_be_left_out(args, completed):
    assert _completed(args, {"--variants": "all"}) == completed


def test_a_newer_opset_stays(source):
    newer = replace(source, onnx=onnx.save(source.graph, 20))
    for variant in choose("fp16,int8").variants:
        assert load_from_string(variant.save(newer)).opset_import[0].version == 20
