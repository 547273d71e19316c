"""verify, inspect, eval and doctor: what they say, and with which exit code."""

import json
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.classifier import Classifier
from digits.goldens import Check, replay

Photo = Callable[..., Path]
Command = Callable[..., tuple[int, str, str]]


def change_goldens(bundle: Path, reseal: Callable[..., None], **arrays: np.ndarray) -> None:
    with np.load(bundle / "goldens.npz") as file:
        kept = {name: file[name] for name in file.files} | arrays
    np.savez(bundle / "goldens.npz", **{k: v for k, v in kept.items() if v is not None})
    reseal(bundle)


def test_verify(run: Command, tiny: Path) -> None:
    code, out, err = run("verify", tiny, "--provider", "cpu")
    assert (code, err) == (0, "")
    assert "FAILED" not in out
    assert out.count(" ok\n") == 16
    code, out, _ = run("verify", tiny, "--provider", "cpu", "--format", "json")
    receipt = json.loads(out)
    assert receipt["passed"] is True
    graphs, ways, true = [6] * 3 + [2] * 5, [2, 1, 2, 1, 2, 2], [12] * 2
    assert [check["compared"] for check in receipt["checks"]] == graphs + ways + true
    assert receipt["provider"] == "cpu"
    assert receipt["files"].keys() == {"model.onnx", "front.onnx", "goldens.npz"}


@pytest.mark.parametrize(
    ("name", "golden"),
    [
        ("logits", {"logits": np.zeros((6, 10))}),
        ("probabilities", {"probabilities": np.full((6, 10), 0.1)}),
        ("canvas", {"image_1_canvas": np.zeros((28, 28), np.uint8)}),
        ("box", {"image_0_box": np.array([0, 0, 50, 40])}),
        ("evidence", {"image_0_evidence": np.array([31.0])}),
        ("image labels", {"image_0_probabilities": np.eye(10)[9]}),
    ],
)
def test_golden_that_is_not_met_is_exit_4(
    run: Command, bundle: Path, reseal: Callable[..., None], name: str, golden: dict
) -> None:
    change_goldens(bundle, reseal, **golden)
    code, out, err = run("verify", bundle, "--provider", "cpu")
    assert code == 4
    assert [line for line in out.splitlines() if line.startswith(name) and "FAILED" in line]
    assert name in err
    code, out, _ = run("verify", bundle, "--provider", "cpu", "--format", "json")
    receipt = json.loads(out, parse_constant=lambda text: pytest.fail(f"{text} is no JSON"))
    assert (code, receipt["passed"]) == (4, False)


def test_verify_replays_the_combined_graph(
    run: Command, full_bundle: Path, reseal: Callable[..., None]
) -> None:
    code, out, _ = run("verify", full_bundle, "--provider", "cpu")
    assert code == 0
    assert out.count(" ok\n") == 21
    change_goldens(full_bundle, reseal, image_1_canvas=np.zeros((28, 28), np.uint8))
    code, _, err = run("verify", full_bundle, "--provider", "cpu")
    assert code == 4
    assert "image.onnx canvas" in err


def test_goldens_that_compare_nothing_fail(
    run: Command, bundle: Path, reseal: Callable[..., None]
) -> None:
    empty = {"canvas": np.zeros((0, 28, 28), np.uint8)}
    empty |= {name: np.zeros((0, 10)) for name in ("logits", "probabilities")}
    change_goldens(bundle, reseal, **empty)
    assert run("verify", bundle, "--provider", "cpu")[0] == 4
    assert not Check("logits", 0, 0.0, 1.0).passed
    assert not Check("logits", 3, float("nan"), 1.0).passed


def test_goldens_that_can_not_be_read_are_exit_3(
    run: Command, bundle: Path, reseal: Callable[..., None]
) -> None:
    change_goldens(bundle, reseal, image_0_box=None)
    assert run("verify", bundle)[0] == 3
    for content in (b"", b"PK\x05\x06" + bytes(18), b"\x80\x04N."):  # the last one is a pickle
        (bundle / "goldens.npz").write_bytes(content)
        reseal(bundle)
        code, out, err = run("verify", bundle, "--provider", "cpu")
        assert (code, out) == (3, "")
        assert "goldens.npz: " in err
        assert err.count("\n") == 1
    (bundle / "goldens.npz").unlink()
    reseal(bundle)
    assert "has no goldens.npz" in run("verify", bundle, "--provider", "cpu")[2]


def npy(header: str, data: bytes) -> bytes:
    text = header.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text.encode() + data


def test_goldens_that_claim_too_much_are_exit_3(
    run: Command, bundle: Path, reseal: Callable[..., None]
) -> None:
    def archive(content: bytes, packing: int = zipfile.ZIP_STORED) -> None:
        with zipfile.ZipFile(bundle / "goldens.npz", "w", packing) as file:
            file.writestr("canvas.npy", content)
        reseal(bundle)

    def message() -> str:
        code, out, err = run("verify", bundle, "--provider", "cpu")
        assert (code, out, err.count("\n")) == (3, "", 1)
        assert "allow_pickle" not in err
        return err

    header = "{'descr': '%s', 'fortran_order': False, 'shape': %s}"
    archive(npy(header % ("|u1", "(10000000000000,)"), bytes(5)))
    assert "'canvas.npy' claims 10000000000000 bytes and has 5" in message()
    archive(npy(header % ("|O", "(1,)"), bytes(8)))
    assert "holds objects" in message()
    archive(npy(header % ("|u1", "(5,)"), bytes(5)), zipfile.ZIP_DEFLATED)
    assert "'canvas.npy' is compressed" in message()
    archive(npy(header % ("|u1", "(5,)"), bytes(5)))
    assert "canvases are uint8 [5], the manifest says uint8 ['N', 28, 28]" in message()


def test_golden_images_without_pixels_are_exit_3(
    run: Command, bundle: Path, reseal: Callable[..., None]
) -> None:
    change_goldens(bundle, reseal, image_1=np.zeros((0, 5, 3), np.uint8))
    code, _, err = run("verify", bundle, "--provider", "cpu")
    assert code == 3
    assert "image_1 has the shape [0, 5, 3], which is no image" in err


def test_verify_looks_at_the_files_first(run: Command, bundle: Path) -> None:
    (bundle / "goldens.npz").write_bytes(b"x")
    code, out, err = run("verify", bundle)
    assert (code, out) == (3, "")
    assert "changed after export" in err


def test_replay_tells_how_far_off(tiny: Path) -> None:
    checks = {check.name: check for check in replay(Classifier.load(tiny, provider="cpu"))}
    assert 0 < checks["logits"].worst < 1e-2
    assert checks["canvas"].worst == 0


def test_inspect(run: Command, tiny: Path) -> None:
    code, out, err = run("inspect", tiny)
    assert (code, err) == (0, "")
    for text in ("7,850 parameters", "canvas uint8 [batch, 28, 28]", "mean", "opset"):
        assert text in out
    described = json.loads(run("inspect", tiny, "--format", "json")[1])
    assert described["labels"] == list("0123456789")
    assert described["directory"] == str(tiny)


def test_doctor(run: Command) -> None:
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    assert "provider: cpu" in out
    report = json.loads(run("doctor", "--format", "json")[1])
    assert report["provider"]["cpu"]["works"] is True
    assert report["provider"].keys() == {"cpu", "cuda"}


@pytest.fixture
def labelled(tmp_path: Path, photo: Photo) -> Path:
    """Four images with a subfolder for each label; one is read wrong."""
    for name, level in [("0/a.png", 5), ("0/b.png", 9), ("7/c.png", 200), ("7/d.png", 100)]:
        photo(f"labelled/{name}", level)
    return tmp_path / "labelled"


def test_eval_of_subfolders(run: Command, tiny: Path, labelled: Path) -> None:
    code, out, err = run("eval", tiny, labelled, "--provider", "cpu", "--format", "json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["images"], report["right"], report["accuracy"]) == (4, 3, 0.75)
    assert report["labels"]["7"]["accuracy"] == 0.5
    assert report["confusion"][7][3] == 1
    assert "accuracy       75.00 %: 3 of 4" in run("eval", tiny, labelled)[1]


def test_eval_of_a_list_with_kinds(run: Command, tiny: Path, photo: Photo) -> None:
    folder = photo("list/images/x.png", 200, (28, 28)).parent.parent
    photo("list/y.png", 200, (28, 28))
    (folder / "labels.csv").write_text("file,label,kind\nx.png,7,pen\ny.png,8,chalk\n")
    for flags in ([], ["--canvas"]):
        code, out, _ = run("eval", tiny, folder, "--format", "json", "--provider", "cpu", *flags)
        report = json.loads(out)
        assert (code, report["accuracy"], report["canvas"]) == (0, 0.5, bool(flags))
        assert {k: v["right"] for k, v in report["kinds"].items()} == {"chalk": 0, "pen": 1}


def test_eval_goes_on_after_links_and_pipes(run: Command, tiny: Path, labelled: Path) -> None:
    (labelled / "7/e.png").symlink_to(labelled / "7/e.png")
    os.mkfifo(labelled / "7/f.png")
    Image.new("L", (28, 28), 200).save(labelled / "7/g.png")
    for flags in ([], ["--canvas"]):
        code, out, err = run("eval", tiny, labelled, "--format", "json", *flags)
        failed = [Path(failure["path"]).name for failure in json.loads(out)["failures"]]
        assert (code, failed[-2:]) == (1, ["e.png", "f.png"])
        assert "a pipe, a socket or a device" in err


def test_eval_goes_on_after_bad_files(run: Command, tiny: Path, labelled: Path) -> None:
    (labelled / "7/e.png").write_bytes(b"")
    code, out, err = run("eval", tiny, labelled, "--provider", "cpu")
    assert code == 1
    assert "3 of 4" in out
    assert "e.png: the file is empty" in err
    code, out, err = run("eval", tiny, labelled, "--canvas", "--provider", "cpu")
    assert code == 1
    assert "none of its 5 images can be read" in err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,label\nx,1\n", "should start with: file,label"),
        ("file,label\nx\n", "line 2: too few columns"),
        ("file,label\nx.png,seven\n", "doesn't know the label 'seven'"),
        ("file,label\n", "no labelled images"),
        ("", "should start with"),
    ],
)
def test_eval_of_a_bad_list(
    run: Command, tiny: Path, tmp_path: Path, text: str, message: str
) -> None:
    (tmp_path / "labels.csv").write_text(text)
    code, out, err = run("eval", tiny, tmp_path)
    assert (code, out) == (1, "")
    assert message in err


def test_eval_of_nothing(run: Command, tiny: Path, tmp_path: Path) -> None:
    assert "no labelled images" in run("eval", tiny, tmp_path)[2]
    assert "no such folder: give mnist, fashion-mnist" in run("eval", tiny, tmp_path / "no")[2]


def test_control_sequences_of_a_bundle_stay_out_of_the_terminal(
    run: Command, bundle: Path, reseal: Callable[..., None], photo: Photo
) -> None:
    labels = ["\x1b]0;owned\x07", *"123456789"]
    reseal(bundle, labels=labels, title="\x1b[2J\x9b2J")
    for command in (["inspect", bundle], ["verify", bundle], ["infer", photo(level=0)]):
        model = ["--model", bundle] if command[0] == "infer" else []
        code, out, _ = run(*command, *model)
        assert code == 0
        assert "\x1b" not in out
        assert "\x9b" not in out
        assert "\\x1b" in out


def test_eval_of_a_list_with_a_pipe(run: Command, tiny: Path, photo: Photo) -> None:
    folder = photo("list/x.png", 200).parent
    os.mkfifo(folder / "y.png")
    (folder / "labels.csv").write_text("file,label\nx.png,7\ny.png,8\n" + "z" * 300 + ",8\n")
    code, out, _ = run("eval", tiny, folder, "--format", "json", "--provider", "cpu")
    pipe, long = json.loads(out)["failures"]
    assert (code, pipe["error"]) == (1, "is no file, but a pipe, a socket or a device")
    assert long["error"].startswith("can't be read: ")
