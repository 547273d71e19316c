"""A whole bundle: its files, its proof, and what the runtime makes of it."""

import getpass
import io
import json
import re
import shutil
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import pytest

from digits.bundle import GOLDENS, MANIFEST, open_bundle
from digits.cli import main
from digits.manifest import read_manifest
from digits.manifest import seal as seal_of
from digits_models import weights

GRAPHS = {"model.onnx", "front.onnx", "image.onnx"}
SCRIPTS = {"model.torchscript.pt", "image.torchscript.pt"}


@pytest.fixture
def copy(full, tmp_path):
    """The bundle, to break."""
    return Path(shutil.copytree(full.directory, tmp_path / "copy"))


def seal(directory, name):
    """Let the manifest say that a file is as it is now."""
    data = (directory / name).read_bytes()
    record = json.loads((directory / MANIFEST).read_text())
    record["files"][name] = {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    del record["sha256"]
    (directory / MANIFEST).write_text(json.dumps(record))


def verify(directory):
    return main(["verify", str(directory), "--provider", "cpu"])


def test_every_file_is_there_and_counted(full, contents):
    files = contents(full.directory)
    assert set(files) == GRAPHS | SCRIPTS | {GOLDENS, MANIFEST, "proof.json", "report.md"}
    assert full.sizes == {name: len(data) for name, data in files.items()}


def test_the_manifest_describes_the_files(full, contents):
    manifest = read_manifest(full.directory / MANIFEST)
    files = contents(full.directory)
    assert set(manifest.files) == GRAPHS | SCRIPTS | {GOLDENS}
    for name, record in manifest.files.items():
        assert (record.sha256, record.bytes) == (sha256(files[name]).hexdigest(), len(files[name]))
    fields = json.loads(files[MANIFEST])
    assert fields["sha256"] == seal_of(fields)
    assert (manifest.opset, manifest.ir_version) == (18, 8)
    assert (manifest.name, manifest.dataset, manifest.front) == ("lenet", "mnist", "ink")
    assert manifest.parameters == 61_706
    assert manifest.labels == tuple("0123456789")
    assert manifest.canvas_shape == (28, 28)
    assert set(manifest.tools) == {"torch", "onnx", "onnxscript", "onnx-ir"}
    assert len(manifest.weights["sha256"]) == 64


def test_signatures_are_those_of_the_contract(full):
    manifest = read_manifest(full.directory / MANIFEST)
    signatures = {
        name: {t.name: (t.dtype, t.shape) for t in (*graph.inputs, *graph.outputs)}
        for name, graph in manifest.graphs.items()
    }
    image = ("uint8", ("batch", "height", "width", 3))
    canvas = ("uint8", ("batch", 28, 28))
    ten = ("float32", ("batch", 10))
    assert signatures["model.onnx"] == {"canvas": canvas, "logits": ten, "probabilities": ten}
    front = signatures["front.onnx"]
    assert list(front) == ["image", "canvas", "clean", "box", "evidence"]
    assert (front["image"], front["canvas"]) == (image, canvas)
    assert front["box"] == ("float32", ("batch", 4))
    assert front["evidence"] == ("float32", ("batch", len(manifest.evidence)))
    assert signatures["image.onnx"] == front | {"probabilities": ten}


@pytest.mark.parametrize("name", sorted(GRAPHS))
def test_every_graph_is_of_the_promised_versions_without_a_sidecar(name, full):
    model = onnx.load(full.directory / name, load_external_data=False)
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert model.ir_version == 8
    assert not any(tensor.external_data for tensor in model.graph.initializer)


def texts(file):
    """The contents of a file, and of what is packed in it."""
    data = file.read_bytes()
    if not zipfile.is_zipfile(file):
        return [data]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {item.date_time[0] for item in archive.infolist()} == {1980}
        return [archive.read(item) for item in archive.infolist()]


def test_nothing_tells_of_this_machine(full):
    here = {str(Path.cwd()), str(Path.home()), str(full.directory), str(full.directory.parent)}
    traces = [re.escape(path).encode() for path in here if len(path) > 1]
    traces += [rb"site-packages", rb"Traceback", rb'File "', rb"[\w/]{4,}\.py\b", rb"/tmp/"]
    # "root" is also a word.
    traces += [rb"[/\\]" + re.escape(getpass.getuser()).encode() + rb"\b"]
    for file in full.directory.iterdir():
        for text in texts(file):
            for trace in traces:
                assert not re.search(trace, text), f"{trace} in {file.name}"


def test_the_proof_is_strict_json_and_complete(full):
    def refuse(constant):
        raise AssertionError(constant)

    proof = json.loads((full.directory / "proof.json").read_text(), parse_constant=refuse)
    assert proof["passed"] is True
    assert proof["weights"] == read_manifest(full.directory / MANIFEST).weights["sha256"]
    compared = {(c["graph"], c["engine"], c["output"]) for c in proof["comparisons"]}
    outputs = {
        "front": {"canvas", "clean", "box", "evidence"},
        "image": {"probabilities", "labels", "canvas", "clean", "box", "evidence"},
    }
    judged = {(p["population"], p["engine"], p["output"]) for p in proof["precisions"]}
    populations = {population for population, _, _ in judged}
    assert {"goldens", "random", "extreme", "near ties", "batches of 1 to 256"} <= populations
    for engine in ("torch float32", "TorchScript", "ONNX Runtime cpu"):
        for graph, names in outputs.items():
            assert {o for g, e, o in compared if (g, e) == (graph, engine)} == names
        for name in populations:
            assert {(name, engine, "logits"), (name, engine, "probabilities")} <= judged
        assert proof["margins"][engine] == 1.0
    assert len(proof["labels"]) == len(populations) * 3
    assert {c["file"] for c in proof["carried"]} == (GRAPHS | SCRIPTS) - {"front.onnx"}
    # On noise the network is torn, and where it is, no label is compared.
    for c in proof["comparisons"]:
        assert c["compared"] > (50 if c["output"] == "labels" else 100), c


def test_exports_stay_within_the_fixed_tolerances(full):
    tolerance = read_manifest(full.directory / MANIFEST).tolerance
    for c in full.proof.comparisons:
        assert c.worst <= tolerance.get(c.output, 0.0), c


def test_no_label_flips_and_every_margin_is_kept(full):
    """The targets, measured: twice float32's typical error, four times its worst, no flip."""
    for p in full.proof.precisions:
        assert p.worst <= max(p.resolution, 4 * p.eager_worst), p
        assert p.typical <= max(p.resolution, 2 * p.eager_typical), p
    assert sum(item.flips for item in full.proof.labels) == 0
    ties = [item for item in full.proof.labels if item.population == "near ties"]
    assert all(item.undecided > item.compared / 2 for item in ties)


def test_the_report_is_well_formed_markdown(full):
    lines = (full.directory / "report.md").read_text().splitlines()
    assert lines[0] == "# lenet"
    assert [line for line in lines if line.startswith("## ")] == [
        "## Files",
        "## Proof",
        "## Machine",
    ]
    tables = "\n".join(lines).split("\n\n")
    for table in (part.splitlines() for part in tables if part.startswith("|")):
        assert {line.count("|") for line in table} == {table[0].count("|")}
        assert len(table) > 2
    test = weights.load("lenet").record["accuracy"]["test"]
    assert f"{test:.2%}" in "\n".join(lines)


def test_the_runtime_verifies_it(full, capsys):
    assert verify(full.directory) == 0
    told = capsys.readouterr().out
    for output in ("logits", "canvas", "image.onnx labels"):
        assert re.search(rf"^{output} .* ok$", told, re.MULTILINE)


@pytest.mark.parametrize("array", ["logits", "probabilities", "image_0_canvas", "image_3_box"])
def test_an_altered_golden_is_noticed(array, copy, capsys):
    with np.load(copy / GOLDENS) as file:
        arrays = dict(file)
    arrays[array] = (arrays[array] * 0.9 + 3).astype(arrays[array].dtype)
    np.savez(copy / GOLDENS, **arrays)
    assert verify(copy) == 3
    assert "the file was changed after export" in capsys.readouterr().err
    seal(copy, GOLDENS)
    assert verify(copy) == 4
    assert "FAILED" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(GRAPHS | SCRIPTS | {GOLDENS}))
def test_a_changed_or_missing_file_is_noticed(name, copy, capsys):
    data = bytearray((copy / name).read_bytes())
    data[len(data) // 2] ^= 1
    (copy / name).write_bytes(data)
    assert verify(copy) == 3
    (copy / name).unlink()
    assert verify(copy) == 3
    assert f"{name}: is missing" in capsys.readouterr().err


def test_a_foreign_file_is_noticed(copy, capsys):
    (copy / "model.onnx.data").touch()
    assert verify(copy) == 3
    assert "model.onnx.data: the manifest doesn't list it" in capsys.readouterr().err


def test_it_is_known_by_its_name(full):
    assert open_bundle(full.directory).name == "lenet"
