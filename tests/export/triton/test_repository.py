"""A repository on the disk: what is in it, what it answers, and what it never overwrites."""

import json
import re
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from digits.bundle import open_bundle
from digits.errors import ModelError, UsageError
from digits_export import triton
from digits_export.triton.repository import RECORD

OUTPUTS = ("probabilities", "canvas", "clean", "box", "evidence")


def fields(text: str) -> dict:
    """A configuration as nested dictionaries of lists, read without protobuf or our own code."""
    root: dict = {}
    stack = [root]
    for line in text.splitlines():
        if line.strip() == "}":
            stack.pop()
        elif line.endswith(" {"):
            inner: dict = {}
            stack[-1].setdefault(line.split()[0], []).append(inner)
            stack.append(inner)
        else:
            name, value = line.strip().split(": ", 1)
            stack[-1].setdefault(name, []).append(value.strip('"'))
    return root


def pairs(maps: list[dict]) -> dict[str, str]:
    return {entry["key"][0]: entry["value"][0] for entry in maps}


class Emulated:
    """An ensemble run with ONNX Runtime, from nothing but the files of a repository."""

    def __init__(self, folder: Path, name: str) -> None:
        self.config = fields((folder / name / "config.pbtxt").read_text("utf-8"))
        self.steps = self.config["ensemble_scheduling"][0]["step"]
        self.sessions = {}
        for step in self.steps:
            model = folder / step["model_name"][0]
            config = fields((model / "config.pbtxt").read_text("utf-8"))
            newest = max(int(each.name) for each in model.iterdir() if each.name.isdigit())
            file = model / str(newest) / config["default_model_filename"][0]
            self.sessions[model.name] = onnxruntime.InferenceSession(
                file, providers=["CPUExecutionProvider"]
            )
        self.labels = (folder / name / "labels.txt").read_text("utf-8").splitlines()

    def __call__(self, image: np.ndarray) -> dict[str, np.ndarray]:
        tensors = {self.config["input"][0]["name"][0]: image}
        for step in self.steps:
            inputs = {key: tensors[name] for key, name in pairs(step["input_map"]).items()}
            outputs = pairs(step["output_map"])
            found = self.sessions[step["model_name"][0]].run(list(outputs), inputs)
            tensors |= dict(zip(outputs.values(), found, strict=True))
        return {each["name"][0]: tensors[each["name"][0]] for each in self.config["output"]}


def images(goldens) -> list[str]:
    return [name for name in goldens if re.fullmatch(r"image_\d+", name)]


def test_it_answers_the_goldens(bundle, written):
    ensemble = Emulated(written, bundle.name)
    classifier = ensemble.sessions[f"{bundle.name}_classifier"]
    assert tuple(ensemble.labels) == bundle.labels
    with np.load(bundle.directory / "goldens.npz") as file:
        goldens = dict(file)
    assert len(images(goldens)) >= 16
    for name in images(goldens):
        found = ensemble(goldens[name][None])
        assert tuple(found) == OUTPUTS
        truth = goldens[f"{name}_probabilities"]
        assert found["probabilities"][0].argmax() == truth.argmax()
        levels = np.abs(found["canvas"][0].astype(int) - goldens[f"{name}_canvas"])
        assert levels.max() <= bundle.manifest.tolerance["canvas"]
        # A canvas may differ by a grey level, and its probabilities then differ rightly.
        (own,) = classifier.run(["probabilities"], {"canvas": found["canvas"]})
        np.testing.assert_allclose(found["probabilities"], own, rtol=0, atol=1e-6)
    (all_at_once,) = classifier.run(["probabilities"], {"canvas": goldens["canvas"]})
    np.testing.assert_allclose(all_at_once, goldens["probabilities"], rtol=0, atol=1e-5)
    assert (all_at_once.argmax(1) == goldens["probabilities"].argmax(1)).all()


def test_the_graphs_are_the_bundle_s_own(bundle, made):
    assert made.files[f"{bundle.name}_front/1/model.onnx"] == bundle.read("front.onnx")
    assert made.files[f"{bundle.name}_classifier/1/model.onnx"] == bundle.read("model.onnx")


def test_the_record_lists_every_file(made, written):
    record = json.loads((written / RECORD).read_text("utf-8"))
    there = {
        file.relative_to(written).as_posix(): sha256(file.read_bytes()).hexdigest()
        for file in written.rglob("*")
        if file.is_file() and file.name != RECORD
    }
    assert record["files"] == there
    assert set(made.files) == {RECORD, *there}


def test_an_ensemble_s_version_has_a_folder_that_git_keeps(bundle, written):
    assert [file.name for file in (written / bundle.name / "1").iterdir()] == ["keep"]


def test_the_same_bytes_every_time(bundle, made):
    assert triton.repository([bundle]) == made


def test_several_bundles_in_one():
    several = [open_bundle(name) for name in ("lenet", "lenet-sigmoid")]
    made = triton.repository(several)
    assert [config.name for config in made.configs][::4] == ["lenet", "lenet-sigmoid"]
    with pytest.raises(ModelError, match="lenet: two models have that name"):
        triton.repository([several[0], several[0]])


def test_a_label_with_a_line_s_end():
    lenet = open_bundle("lenet")
    labels = ("zero\none", *lenet.labels[1:])
    with pytest.raises(ModelError, match=r"label 'zero\\none' has a line's end in it"):
        triton.repository([replace(lenet, manifest=replace(lenet.manifest, labels=labels))])


def test_a_large_canvas_gets_smaller_batches_and_all_cores():
    lenet = open_bundle("lenet")
    manifest = replace(lenet.manifest, canvas_shape=(3, 224, 224))
    *_, classifier, _ = triton.config.configs(manifest)
    assert classifier.max_batch == 16
    assert "intra_op_thread_count" not in classifier.text()
    assert classifier.warm == {"batch1": (1, (3, 224, 224)), "batch16": (16, (3, 224, 224))}


@pytest.fixture
def place(tmp_path):
    """A repository of our own to write over."""
    triton.write(triton.repository([open_bundle("mlp")]), tmp_path / "models")
    return tmp_path / "models"


def test_an_older_one_is_replaced(place):
    triton.write(triton.repository([open_bundle("cnn")]), place)
    assert sorted(file.name for file in place.iterdir() if file.is_dir()) == [
        "cnn",
        "cnn_canvas",
        "cnn_classifier",
        "cnn_front",
    ]
    assert [file.name for file in place.parent.iterdir()] == ["models"]


def changed(place):
    with (place / "mlp" / "config.pbtxt").open("a") as file:
        file.write("# tuned by hand\n")


def other_model(place):
    (place / "other" / "1").mkdir(parents=True)


def other_version(place):
    (place / "mlp_front" / "2").mkdir()


def without_record(place):
    (place / RECORD).unlink()


def broken_record(place):
    (place / RECORD).write_text("[]")


def link_for_folder(place):
    shutil.move(place / "mlp", place.parent / "elsewhere")
    (place / "mlp").symlink_to(place.parent / "elsewhere")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (changed, "mlp/config.pbtxt: was changed since it was written"),
        (other_model, "has other, which would be lost"),
        (other_version, "has mlp_front/2, which would be lost"),
        (without_record, "has mlp, which would be lost"),
        (broken_record, "has mlp, which would be lost"),
        (link_for_folder, "has mlp, which would be lost"),
    ],
)
def test_what_is_not_ours_stays(change, problem, place):
    change(place)
    before = sorted(place.rglob("*"))
    with pytest.raises(UsageError, match=problem):
        triton.write(triton.repository([open_bundle("cnn")]), place)
    assert sorted(place.rglob("*")) == before


def test_a_bundle_is_no_repository(tmp_path):
    shutil.copytree(open_bundle("mlp").directory, tmp_path / "mlp")
    with pytest.raises(UsageError, match="which would be lost"):
        triton.write(triton.repository([open_bundle("mlp")]), tmp_path / "mlp")
