"""Bundles: found by name or directory, and refused when anything about them isn't as exported."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import bundle as bundles
from digits.bundle import open_bundle, shipped
from digits.classifier import Classifier
from digits.errors import ModelError, UsageError
from digits.goldens import replay
from digits.manifest import seal

Reseal = Callable[..., None]


def edit(directory: Path, **changes: object) -> None:
    file = directory / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_open_describes(tiny: Path) -> None:
    opened = open_bundle(tiny)
    assert opened.name == "tiny"
    assert opened.labels == tuple("0123456789")
    assert opened.directory == tiny
    assert opened.manifest.canvas_shape == (28, 28)
    assert opened.manifest.graphs["model.onnx"].outputs[1].shape == ("batch", 10)
    assert opened.manifest.tolerance["canvas"] == 1
    assert opened.read("model.onnx") == (tiny / "model.onnx").read_bytes()


def test_unknown_name_lists_the_shipped(monkeypatch: pytest.MonkeyPatch, tiny: Path) -> None:
    monkeypatch.setattr(bundles, "_SHIPPED", tiny.parent)
    assert shipped() == ["tiny"]
    assert open_bundle("tiny").directory == tiny
    for name in ("lenot", ""):
        with pytest.raises(ModelError, match="shipped ones are tiny; the directory of an exported"):
            open_bundle(name)


def test_file_instead_of_directory(tiny: Path) -> None:
    with pytest.raises(ModelError, match="give the directory"):
        open_bundle(tiny / "model.onnx")


def test_folder_without_manifest(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"there is no manifest\.json"):
        open_bundle(tmp_path)


@pytest.mark.parametrize("name", ["model.onnx", "front.onnx", "goldens.npz"])
def test_missing_file(bundle: Path, name: str) -> None:
    (bundle / name).unlink()
    with pytest.raises(ModelError, match=f"{name}: is missing"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["model.onnx", "front.onnx", "goldens.npz"])
def test_changed_file(bundle: Path, name: str) -> None:
    data = bytearray((bundle / name).read_bytes())
    data[-1] ^= 1
    (bundle / name).write_bytes(data)
    with pytest.raises(ModelError, match=f"{name}: sha256 is .*changed after export"):
        open_bundle(bundle)
    (bundle / name).write_bytes(data[:-1])
    with pytest.raises(ModelError, match=f"{name}: has {len(data) - 1} bytes"):
        open_bundle(bundle)


def test_file_changed_after_the_check(bundle: Path) -> None:
    opened = open_bundle(bundle)
    (bundle / "model.onnx").write_bytes(b"something else")
    with pytest.raises(ModelError, match="sha256"):
        opened.read("model.onnx")
    with pytest.raises(ModelError, match=r"no image\.onnx"):
        opened.read("image.onnx")


@pytest.mark.parametrize("name", ["model.onnx.data", "extra.txt"])
def test_foreign_file(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"")
    with pytest.raises(ModelError, match=f"{name}: the manifest doesn't list it"):
        open_bundle(bundle)


@pytest.mark.parametrize("name", ["proof.json", "report.md", ".DS_Store", "Thumbs.db"])
def test_files_that_may_lie_beside(bundle: Path, name: str) -> None:
    (bundle / name).write_bytes(b"")
    assert open_bundle(bundle).name == "tiny"


@pytest.mark.parametrize("name", ["../model.onnx", "/etc/hostname", "a/b", "a\\b", "..", ""])
def test_names_that_lead_elsewhere(bundle: Path, name: str) -> None:
    files = json.loads((bundle / "manifest.json").read_text())["files"]
    edit(bundle, files=files | {name: files["model.onnx"]})
    with pytest.raises(ModelError, match="is no plain file name"):
        open_bundle(bundle)


def test_link_out_of_the_bundle(bundle: Path, tmp_path: Path) -> None:
    (bundle / "model.onnx").rename(tmp_path / "model.onnx")
    (bundle / "model.onnx").symlink_to(tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="link that leaves the bundle"):
        open_bundle(bundle)


def test_link_to_the_bundle_is_fine(tiny: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tiny)
    assert open_bundle(tmp_path / "link").name == "tiny"


def test_manifest_that_is_no_manifest(bundle: Path) -> None:
    for text, message in [
        ("", "not JSON"),
        ("{", "not JSON"),
        ("[]", "not a manifest"),
        ("\xff", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ('{"format": NaN}', "NaN is no JSON value"),
        (" " * 1_000_001, "has 1000001 bytes, too many"),
    ]:
        (bundle / "manifest.json").write_bytes(text.encode("latin-1"))
        with pytest.raises(ModelError, match=message) as caught:
            open_bundle(bundle)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("found", "cure"),
    [(2, "upgrade digits-edge"), (0, "export"), ("1", "export"), (None, "export")],
)
def test_other_format_version(bundle: Path, found: object, cure: str) -> None:
    edit(bundle, format=found)
    with pytest.raises(ModelError, match=f"format is {found!r}, this version reads 1: {cure}"):
        open_bundle(bundle)


def test_every_missing_field_is_named(bundle: Path, reseal: Reseal) -> None:
    fields = [
        name for name in json.loads((bundle / "manifest.json").read_text()) if name != "format"
    ]
    assert len(fields) == 17
    for name in fields:
        reseal(bundle, **{name: None})
        with pytest.raises(ModelError, match=f"field '{name}' is missing"):
            open_bundle(bundle)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": "0123456789"},
        {"labels": [1, 2]},
        {"parameters": "many"},
        {"temperature": "warm"},
        {"temperature": None},
        {"files": []},
        {"files": {"model.onnx": 3}},
        {"graphs": {"model.onnx": []}},
        {"graphs": {}},
        {"labels": list("012345678")},
        {"labels": list("0123456788")},
        {"temperature": 0},
        {"temperature": 10**400},
        {"canvas": {"shape": [28, 27], "dtype": "uint8"}},
        {"tolerance": {}},
        {"canvas": {"shape": 28, "dtype": "uint8"}},
    ],
    ids=str,
)
def test_fields_of_another_kind(bundle: Path, changes: dict) -> None:
    edit(bundle, **changes)
    with pytest.raises(ModelError, match=r"manifest\.json: .*export the model again"):
        open_bundle(bundle)


def test_manifest_without_the_model(bundle: Path, reseal: Reseal) -> None:
    (bundle / "model.onnx").unlink()
    reseal(bundle)
    with pytest.raises(ModelError, match=r"lists no model\.onnx"):
        open_bundle(bundle)


def test_tolerances_that_prove_nothing(bundle: Path) -> None:
    file = bundle / "manifest.json"
    text = file.read_text()
    for name, value in json.loads(text)["tolerance"].items():
        for found in ("1e999", "-1", "1e30"):
            file.write_text(text.replace(f'"{name}": {value}', f'"{name}": {found}'))
            with pytest.raises(ModelError, match=f"tolerance .* of {name}"):
                open_bundle(bundle)


@pytest.mark.parametrize("name", ["manifest.json", "model.onnx"])
def test_pipes_and_links_are_not_opened(bundle: Path, tmp_path: Path, name: str) -> None:
    (bundle / name).rename(tmp_path / name)
    os.mkfifo(bundle / name)
    with pytest.raises(ModelError, match=f"{name}: is no regular file"):
        open_bundle(bundle)
    (bundle / name).unlink()
    (bundle / name).symlink_to(tmp_path / name)
    with pytest.raises(ModelError, match=f"{name}: is a link that leaves the bundle"):
        open_bundle(bundle)


def test_pipe_in_place_of_a_checked_file(bundle: Path) -> None:
    opened = open_bundle(bundle)
    (bundle / "model.onnx").unlink()
    os.mkfifo(bundle / "model.onnx")
    with pytest.raises(ModelError, match="is no regular file"):
        opened.read("model.onnx")


def test_what_is_no_model() -> None:
    with pytest.raises(UsageError, match="None is no model: give its name"):
        open_bundle(None)
    with pytest.raises(ModelError, match="no model"):
        open_bundle("x" * 300)


def test_graphs_that_are_not_what_the_manifest_says(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text())
    graphs = json.loads(json.dumps(manifest["graphs"]).replace("10", "9"))
    edit(bundle, labels=list("012345678"), graphs=graphs)
    with pytest.raises(ModelError, match=r"model\.onnx: gives logits .*\[any, 10\].* says .* 9\]"):
        Classifier.load(bundle, provider="cpu")
    graphs = json.loads(json.dumps(manifest["graphs"]).replace("uint8", "float32"))
    edit(bundle, labels=manifest["labels"], graphs=graphs)
    with pytest.raises(ModelError, match=r"takes canvas uint8 \[any, 28, 28\].*canvas float32"):
        Classifier.load(bundle, provider="cpu")
    del manifest["graphs"]["front.onnx"]["outputs"][2]
    edit(bundle, graphs=manifest["graphs"])
    with pytest.raises(ModelError, match=r"front\.onnx: gives box float32 \[any, 4\], canvas"):
        Classifier.load(bundle, provider="cpu")


def test_graph_without_a_signature(full_bundle: Path) -> None:
    graphs = json.loads((full_bundle / "manifest.json").read_text())["graphs"]
    del graphs["image.onnx"]
    edit(full_bundle, graphs=graphs)
    with pytest.raises(ModelError, match=r"manifest\.json: has no signature of image\.onnx"):
        replay(Classifier.load(full_bundle, provider="cpu"))


def test_huge_files_are_not_read(bundle: Path) -> None:
    with (bundle / "model.onnx").open("r+b") as file:
        file.truncate(2**31)  # with holes, so that it takes no space
    with pytest.raises(ModelError, match=r"model\.onnx: has 2147483648 bytes, too many"):
        open_bundle(bundle)


def test_figures_without_names(bundle: Path) -> None:
    edit(bundle, evidence=["mean", "median"])
    with pytest.raises(ModelError, match="names 2 figures of evidence, the graph gives 1"):
        open_bundle(bundle)


@pytest.mark.parametrize("shape", [[10**9, 28, 28], [0, 28], [-1, 28], [28, 28, 28, 28, 28]])
def test_canvases_that_no_image_becomes(bundle: Path, shape: list[int]) -> None:
    graphs = json.loads((bundle / "manifest.json").read_text())["graphs"]
    graphs["model.onnx"]["inputs"][0]["shape"] = ["batch", *shape]
    edit(bundle, canvas={"shape": shape, "dtype": "uint8"}, graphs=graphs)
    with pytest.raises(ModelError, match="which no image becomes"):
        open_bundle(bundle)


@pytest.mark.parametrize(
    "changes",
    [
        {"labels": list("1023456789")},
        {"temperature": 1.5},
        {"abstain": {"confidence": 0.0}},
        {"tolerance": {"logits": 1, "probabilities": 0.1, "canvas": 9, "box": 0.1, "evidence": 1}},
    ],
    ids=str,
)
def test_edited_manifests_are_told_by_their_own_digest(bundle: Path, changes: dict) -> None:
    file = bundle / "manifest.json"
    fields = json.loads(file.read_text())
    edit(bundle, sha256=seal(fields))
    assert open_bundle(bundle).name == "tiny"
    # However it is laid out, and in whatever order.
    file.write_text(json.dumps(dict(reversed(json.loads(file.read_text()).items())), indent=7))
    assert open_bundle(bundle).name == "tiny"
    edit(bundle, **changes)
    with pytest.raises(ModelError, match=r"manifest\.json: was changed after export: export the"):
        open_bundle(bundle)
