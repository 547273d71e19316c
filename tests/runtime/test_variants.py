"""Variants of a model: which one runs, what is told of it, and what it is held against."""

import csv
import io
import json
import pickle
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from digits import Classifier, ModelError, ParityError
from digits.bundle import open_bundle
from digits.cli import main

MORE = 0.25  # that the variant's logits have of the first label
TOLERANCE = {"logits": 0.3, "probabilities": 0.08}


def shifted(model: bytes) -> bytes:
    """The tiny model with another bias for the first label."""
    found = onnx.load_from_string(model)
    bias = next(tensor for tensor in found.graph.initializer if tensor.name == "bias")
    values = numpy_helper.to_array(bias).copy()
    values[0] += MORE
    bias.CopyFrom(numpy_helper.from_array(values, "bias"))
    return found.SerializeToString()


@pytest.fixture
def varied(bundle: Path, reseal):
    """A bundle with a variant; returns what writes its manifest."""
    (bundle / "model.int8.onnx").write_bytes(shifted((bundle / "model.onnx").read_bytes()))
    (bundle / "model.pt2").write_bytes(b"for torch")
    graphs = json.loads((bundle / "manifest.json").read_text())["graphs"]
    graphs["model.int8.onnx"] = graphs["model.onnx"]

    def write(**changes: object) -> Path:
        int8 = {"file": "model.int8.onnx", "tolerance": TOLERANCE} | changes
        pt2 = {"file": "model.pt2", "tolerance": {}}
        reseal(bundle, graphs=graphs, variants={"int8": int8, "pt2": pt2})
        return bundle

    write()
    return write


def test_the_variant_runs_and_is_named(varied) -> None:
    place = varied()
    plain, int8 = (Classifier.load(place, "cpu", variant=v) for v in (None, "int8"))
    assert (plain.variant, plain.full_name) == (None, "tiny")
    assert (int8.variant, int8.full_name, int8.name) == ("int8", "tiny:int8", "tiny")
    assert repr(int8) == "<Classifier tiny:int8 on cpu>"
    canvases = np.full((3, 28, 28), 77, np.uint8)
    difference = int8.predict_logits(canvases) - plain.predict_logits(canvases)
    np.testing.assert_allclose(difference[:, 0], MORE, atol=1e-4)
    np.testing.assert_allclose(difference[:, 1:], 0, atol=1e-4)
    image = np.full((9, 9, 3), 200, np.uint8)
    assert int8.predict(image).variant == "int8"
    assert plain.predict(image).variant is None
    assert list(int8.assignments()) == ["model.int8.onnx", "front.onnx"]


def test_a_pickled_one_stays_what_it_was(varied) -> None:
    copy = pickle.loads(pickle.dumps(Classifier.load(varied(), "cpu", variant="int8")))
    assert copy.variant == "int8"


def test_commands_name_it(varied, run, photo) -> None:
    place, image = varied(), photo()
    words = ("infer", image, "--model", place, "--variant", "int8", "--provider", "cpu")
    _, told, _ = run(*words, "--format", "jsonl")
    assert (json.loads(told)["model"], json.loads(told)["variant"]) == ("tiny", "int8")
    _, told, _ = run(*words[:4], "--provider", "cpu", "--format", "jsonl")
    assert "variant" not in json.loads(told)
    _, told, _ = run(*words, "--format", "csv")
    assert next(csv.DictReader(io.StringIO(told)))["model"] == "tiny:int8"
    _, told, _ = run("inspect", place)
    assert "variants       int8, pt2" in told


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("fp16", "no such variant; it has int8 to run"),
        ("pt2", "model.pt2 is for PyTorch; it has int8 to run"),
        ("", "no such variant; it has int8 to run"),
    ],
)
def test_one_that_is_not_there(name, reason, varied) -> None:
    with pytest.raises(ModelError) as caught:
        Classifier.load(varied(), "cpu", variant=name)
    assert str(caught.value) == (
        f"tiny: variant {name!r}: {reason}: export with --variants for others"
    )


def test_bundles_without_variants_have_none(tiny: Path) -> None:
    assert open_bundle(tiny).manifest.variants == {}
    with pytest.raises(ModelError, match="no such variant; it has none to run"):
        Classifier.load(tiny, "cpu", variant="int8")
    assert main(["verify", str(tiny), "--provider", "cpu", "--variant", "int8"]) == 3


def test_it_is_held_to_its_own_tolerance(varied, run) -> None:
    verify = ("verify", varied(), "--provider", "cpu", "--format", "json")
    code, told, _ = run(*verify, "--variant", "int8")
    receipt = json.loads(told)
    checks = {check["name"]: check for check in receipt["checks"]}
    assert (code, receipt["variant"]) == (0, "int8")
    assert checks["logits"]["worst"] == pytest.approx(MORE, abs=1e-3)
    assert checks["logits"]["allowed"] == TOLERANCE["logits"]
    assert "model.int8.onnx" in receipt["graphs"]
    code, told, _ = run(*verify)
    assert (code, json.loads(told)["variant"]) == (0, None)
    place = varied(tolerance={"logits": 0.2, "probabilities": 0.08})
    code, _, notes = run("verify", place, "--provider", "cpu", "--variant", "int8")
    assert code == 4
    assert "logits (0.25" in notes
    with pytest.raises(ParityError, match=r"^tiny:int8 on cpu: logits \(0\.25"):
        Classifier.load(place, "cpu", variant="int8", verify=True)


def test_it_is_held_against_its_own_answers_where_it_has_some(varied, run) -> None:
    place = varied()
    with np.load(place / "goldens.npz") as goldens:
        canvases = {name: goldens[name] for name in ("canvas", "image_0_canvas", "image_1_canvas")}
    int8 = Classifier.load(place, "cpu", variant="int8")
    own = {
        "logits": int8.predict_logits(canvases["canvas"]),
        "probabilities": int8.predict_canvases(canvases["canvas"]),
    }
    for i in range(2):
        canvas = canvases[f"image_{i}_canvas"][None]
        own[f"image_{i}_probabilities"] = int8.predict_canvases(canvas)[0]
    np.savez(place / "goldens.int8.npz", **own)
    strict = {"logits": 1e-3, "probabilities": 1e-4}
    varied(tolerance=strict, goldens="goldens.int8.npz")
    verify = ("verify", place, "--provider", "cpu")
    assert run(*verify, "--variant", "int8")[0] == 0
    assert run(*verify)[0] == 0
    varied(tolerance=strict)
    assert run(*verify, "--variant", "int8")[0] == 4


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"file": "model.gone.onnx"}, "field 'files' lacks model.gone.onnx of variant 'int8'"),
        ({"goldens": "gone.npz"}, "field 'files' lacks gone.npz of variant 'int8'"),
        ({"tolerance": {"probabilities": 0.5}}, "tolerance 0.5 of probabilities allows anything"),
        ({"tolerance": {"logits": "0"}}, "logits in field 'tolerance' should be a number"),
        ({"file": 3}, "field 'file' should be a str"),
    ],
)
def test_manifests_that_cannot_be(changes, reason, varied) -> None:
    with pytest.raises(ModelError, match=reason):
        open_bundle(varied(**changes))
