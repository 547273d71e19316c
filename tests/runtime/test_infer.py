"""`digits infer`: every format, exit code and bad input; as a process where that matters."""

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from digits import cli

Photo = Callable[..., Path]
Run = Callable[..., subprocess.CompletedProcess]
Infer = Callable[..., tuple[int, str, str]]


@pytest.fixture
def infer(tiny: Path, capfd: pytest.CaptureFixture) -> Infer:
    """Runs the command here, with the tiny model on the CPU."""

    def run(*args: object, provider: str = "cpu") -> tuple[int, str, str]:
        code = cli.infer([*map(str, args), "--model", str(tiny), "--provider", provider])
        return code, *capfd.readouterr()

    return run


@pytest.fixture
def mixed(tmp_path: Path, photo: Photo) -> Path:
    """A folder with everything that goes wrong, and two good images."""
    folder = tmp_path / "mixed"
    photo("mixed/1-good.png", 200)
    (folder / "2-text.png").write_text("not an image")
    (folder / "3-empty.png").write_bytes(b"")
    (folder / "4-truncated.png").write_bytes((folder / "1-good.png").read_bytes()[:50])
    Image.new("1", (15_000, 15_000)).save(folder / "5-bomb.png")
    photo("mixed/6-one.png", 0, (1, 1))
    photo("mixed/7-wide.png", 90, (50_000, 2))
    (folder / "8-link.png").symlink_to(folder / "gone.png")
    return folder


def test_table(infer: Infer, photo: Photo) -> None:
    assert infer(photo(level=200)) == (
        0,
        f"label  confidence  path\n7          77.75%  {photo()}\n",
        "",
    )
    _, out, _ = infer(photo(), "--top-k", "3")
    assert out.splitlines()[1].endswith("photo.png  (then 8 22.16%, 6 0.09%)")


def test_bad_images_are_named_and_all_others_read(infer: Infer, mixed: Path) -> None:
    code, out, err = infer(mixed, "--format", "jsonl")
    assert code == 1
    assert err == "note: 5 of 8 inputs failed\n"
    results = {Path(r["path"]).name: r for r in map(json.loads, out.splitlines())}
    assert list(results) == sorted(results)
    read = {name: r["label"] for name, r in results.items() if "label" in r}
    assert read == {"1-good.png": "7", "6-one.png": "0", "7-wide.png": "3"}
    errors = {name: r["error"] for name, r in results.items() if "error" in r}
    assert errors.pop("4-truncated.png").startswith("a damaged image: ")
    assert errors == {
        "2-text.png": "not an image: none of the known formats",
        "3-empty.png": "the file is empty",
        "5-bomb.png": "too large: 15000 x 15000 pixels, the limit is 100 million",
        "8-link.png": "no such file",
    }


def test_jsonl_is_the_documented_object(infer: Infer, photo: Photo) -> None:
    file = photo(level=13)
    _, out, _ = infer(file, "gone.png", "--format", "jsonl", "--top-k", "2")
    first, second = map(json.loads, out.splitlines())
    assert list(first) == ["path", "label", "confidence", "top", "provider", "model"]
    assert first["top"][0] == {"label": "0", "probability": first["confidence"]}
    assert (len(first["top"]), first["provider"], first["model"]) == (2, "cpu", "tiny")
    assert second == {"path": "gone.png", "error": "no such file or folder"}


@pytest.mark.parametrize("count", [0, 1, 3])
def test_json_is_one_array(infer: Infer, photo: Photo, count: int) -> None:
    files = [photo(f"{i}.png") for i in range(count)] or ["gone.png"]
    code, out, _ = infer(*files, "--format", "json")
    assert code == (0 if count else 1)
    assert len(json.loads(out)) == len(files)


def test_csv_is_read_back(infer: Infer, photo: Photo) -> None:
    file = photo('odd, "name".png', 200)
    _, out, _ = infer(file, "gone.png", "--format", "csv", "--top-k", "2")
    good, bad = csv.DictReader(io.StringIO(out))
    assert (good["path"], good["label"], good["label_2"]) == (str(file), "7", "8")
    assert float(good["confidence"]) == pytest.approx(0.7775, abs=1e-4)
    assert (bad["path"], bad["label"], bad["error"]) == ("gone.png", "", "no such file or folder")


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are no text")
@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv"])
def test_file_names_of_any_bytes(digits: Run, tiny: Path, photo: Photo, form: str) -> None:
    file = os.fsdecode(os.fsencode(photo().parent) + b"/\xff\n\x1b[31mred.png")
    photo().rename(file)
    done = digits("infer", file, "--model", tiny, "--format", form, text=False)
    assert done.returncode == 0
    assert (b"\\udcff" if "json" in form else b"\xff") in done.stdout
    if form == "table":
        assert b"\x1b" not in done.stdout
        assert done.stdout.count(b"\n") == 2


def test_stdin(digits: Run, tiny: Path, photo: Photo) -> None:
    arguments = ("infer", "-", "--model", tiny, "--format", "jsonl")
    done = digits(*arguments, input=photo().read_bytes(), text=False)
    assert json.loads(done.stdout)["path"] == "-"
    assert json.loads(done.stdout)["label"] == "7"
    empty = digits(*arguments, input=b"", text=False)
    assert empty.returncode == 1
    assert json.loads(empty.stdout) == {"path": "-", "error": "the file is empty"}


def test_output_file(infer: Infer, photo: Photo, tmp_path: Path) -> None:
    target = tmp_path / "out.jsonl"
    target.write_text("old")
    code, out, err = infer(photo(), "gone.png", "--format", "jsonl", "--output", target)
    assert (code, out, err) == (1, "", "note: 1 of 2 inputs failed\n")
    assert len(target.read_text().splitlines()) == 2
    assert not list(tmp_path.glob("*.part"))


def test_output_file_is_whole_or_the_old_one(
    infer: Infer, photo: Photo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    target = tmp_path / "out.csv"
    target.write_text("old")
    monkeypatch.setattr(os, "fsync", full)
    code, _, err = infer(photo(), "--output", target)
    assert code == 1
    assert err == f"digits-infer: error: {target}: can't be written: No space left on device\n"
    assert target.read_text() == "old"
    assert not list(tmp_path.glob("*.part"))


def test_output_that_can_not_be_written(infer: Infer, photo: Photo, tmp_path: Path) -> None:
    for target, reason in [(tmp_path, "directory"), (tmp_path / "no/out", "No such file")]:
        code, out, err = infer(photo(), "-o", target)
        assert (code, out) == (1, "")
        assert f"{target}: can't be written" in err
        assert reason in err
        assert err.count("\n") == 1
    assert infer(photo(), "-o", "/dev/null") == (0, "", "")
    assert not Path("/dev/null").is_file()


def test_empty_folder_is_a_failed_input(infer: Infer, tmp_path: Path) -> None:
    code, out, err = infer(tmp_path, "--format", "jsonl")
    assert code == 1
    assert json.loads(out)["error"].startswith("no images in this folder")
    assert err == ""


def test_recursive(infer: Infer, photo: Photo, tmp_path: Path) -> None:
    photo("a/1.png")
    photo("a/b/2.png")
    assert len(infer(tmp_path / "a")[1].splitlines()) == 2
    assert len(infer(tmp_path / "a", "--recursive")[1].splitlines()) == 3


@pytest.mark.parametrize("model", ["lenot", "/", ""])
def test_unusable_model_is_exit_3(model: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.infer(["x.png", "--model", model]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("digits-infer: error: ")
    assert err.count("\n") == 1


@pytest.mark.parametrize("damage", ["missing", "changed", "foreign"])
def test_tampered_bundle_is_exit_3(
    bundle: Path, damage: str, photo: Photo, capsys: pytest.CaptureFixture
) -> None:
    if damage == "missing":
        (bundle / "front.onnx").unlink()
    elif damage == "changed":
        (bundle / "model.onnx").write_bytes(b"x")
    else:
        (bundle / "weights.bin").write_bytes(b"x")
    assert cli.infer([str(photo()), "--model", str(bundle)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"digits-infer: error: {bundle}/")
    assert err.count("\n") == 1


def test_cuda_without_a_driver_names_it(infer: Infer, photo: Photo) -> None:
    from digits.shared_libraries import loads

    if loads("libcuda.so.1"):
        pytest.skip("needs a machine without NVIDIA's driver")
    code, out, err = infer(photo(), provider="cuda")
    assert (code, out) == (3, "")
    assert err.startswith("digits-infer: error: no CUDA: ")
    assert "driver is missing (libcuda.so.1" in err or "CPU-only wheel" in err
    assert err.count("\n") == 1


def test_auto_says_in_one_line_why_it_is_not_on_cuda(
    infer: Infer, photo: Photo, monkeypatch: pytest.MonkeyPatch
) -> None:
    from digits import providers

    monkeypatch.setattr(providers, "installed_wheels", lambda: ["onnxruntime-gpu"])
    monkeypatch.setattr(providers, "cuda_problem", lambda _: "libcudnn.so.9 can't be loaded")
    code, out, err = infer(photo(), provider="auto")
    assert (code, len(out.splitlines())) == (0, 2)
    assert err == "note: running on the CPU, no CUDA: libcudnn.so.9 can't be loaded\n"


def test_reader_that_leaves_early(tiny: Path, photo: Photo) -> None:
    files = [str(photo(f"{i}.png")) for i in range(50)] * 20
    command = [sys.executable, "-m", "digits", "infer", *files, "--format", "jsonl"]
    with subprocess.Popen(
        [*command, "--model", str(tiny), "--provider", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert json.loads(process.stdout.readline())["label"] == "7"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("form", ["jsonl", "json"])
def test_ctrl_c_leaves_complete_lines(tiny: Path, photo: Photo, form: str) -> None:
    files = [str(photo(f"{i}.png")) for i in range(50)] * 100
    command = [sys.executable, "-m", "digits", "infer", *files, "--format", form]
    with subprocess.Popen(
        [*command, "--model", str(tiny), "--provider", "cpu"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        head = [process.stdout.readline() for _ in range(3)]
        process.send_signal(signal.SIGINT)
        text = "".join(head) + process.stdout.read()
        assert process.stderr.read() == ""
        assert process.wait() == 130
    results = json.loads(text) if form == "json" else list(map(json.loads, text.splitlines()))
    assert text.endswith("\n")
    assert 2 <= len(results) < 5000
    assert [r["path"] for r in results] == files[: len(results)]
