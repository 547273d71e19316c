"""`digits show`: what it prints of networks and data sets, and what it refuses."""

import gzip
import json
import os
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import cli
from digits_models import gallery, registry, tables

COUNTS = {"train": [3, 1, 4, 1, 5, 9, 2, 6, 5, 20], "test": [2, 7, 1, 8, 2, 8, 1, 8, 2, 8]}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A little MNIST of grey squares as bright as their label, in the files of the real one."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for split, prefix in (("train", "train"), ("test", "t10k")):
        labels = np.repeat(np.arange(10, dtype=np.uint8), COUNTS[split])
        images = np.broadcast_to(labels[:, None, None] * 20, (len(labels), 28, 28))
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", labels)
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images)
    return tmp_path / "data"


def write_idx(file: Path, values: np.ndarray) -> None:
    header = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
    content = header + values.astype(np.uint8).tobytes()
    file.write_bytes(content)
    file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(content))


def show(*arguments: object) -> int:
    return cli.main(["show", *map(str, arguments)])


def test_network_as_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--arch", "lenet") == 0
    lines = capsys.readouterr().out.splitlines()
    rows = [line.split() for line in lines]
    assert ["body.conv1", "Conv2d", "6×28×28", "156", "117,600", "18,816"] in rows
    assert ["total", "61,706", "416,520", "62,984"] in rows
    assert ["lenet", "61,706", "247", "kB", "417", "k", "833", "k", "63", "kB"] in rows


def test_two_networks_stand_side_by_side(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--arch", "lenet", "--versus", "mlp") == 0
    out = capsys.readouterr().out
    [line] = [line for line in out.splitlines() if "body.conv2" in line]
    assert "Conv2d" in line
    assert "body.hidden2" in line
    assert "\x1b" not in out
    assert "…" not in out
    assert not any(line.endswith(" ") for line in out.splitlines())


def test_narrow_terminals_get_one_below_the_other(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "_PIPE_WIDTH", 100)
    assert show("--arch", "lenet", "--versus", "mlp") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert [line.split() for line in lines if "body.hidden2" in line] == [
        ["body.hidden2", "Linear", "64", "8,256", "8,192", "256"]
    ]


def test_closed_pipe_ends_quietly() -> None:
    command = [sys.executable, "-m", "digits", "show", "--arch", "mlp"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


def test_stdout_without_unicode_gets_question_marks() -> None:
    command = [sys.executable, "-m", "digits", "show", "--arch", "mlp"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert b"1?28?28" in done.stdout


def test_networks_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert show("--arch", "mlp", "--versus", "cnn", "--format", "json") == 0
    mlp, cnn = json.loads(capsys.readouterr().out)["networks"]
    assert (mlp["arch"], mlp["parameters"], mlp["multiply_adds"]) == ("mlp", 109_386, 109_184)
    assert mlp["flop"] == 2 * mlp["multiply_adds"]
    assert cnn["layers"][1]["shape"] == [16, 28, 28]


def test_data_set_as_table(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = data_dir / "grid.png"
    assert show("--data", "mnist", "--data-dir", data_dir, "--output", picture) == 0
    captured = capsys.readouterr()
    rows = [line.split() for line in captured.out.splitlines()]
    assert ["5", "9", "8"] in rows
    assert ["all", "56", "47"] in rows
    assert str(picture) in captured.err


def test_data_set_as_json(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = data_dir / "new" / "grid.png"
    arguments = ("--data", "mnist", "--data-dir", data_dir, "--output", picture)
    assert show(*arguments, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["splits"]["test"]["images"] == 47
    assert list(found["splits"]["train"]["labels"].values()) == COUNTS["train"]
    assert found["picture"] == str(picture)


def test_picture_lies_in_the_current_folder_unless_told_otherwise(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert show("--data", "mnist", "--data-dir", data_dir) == 0
    with Image.open(tmp_path / "mnist.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 500


def test_grid_has_a_row_per_label() -> None:
    labels = np.array([1, 0, 1, *[2] * 20])
    images = np.broadcast_to(labels[:, None, None] + 10, (23, 28, 28)).astype(np.uint8)
    sheet = gallery.grid(images, labels, 3)
    assert sheet.shape == (3 * 30 - 2, gallery.COLUMNS * 30 - 2)
    assert sheet[5::30, 5::30][:, :3].tolist() == [[10, 128, 128], [11, 11, 128], [12, 12, 12]]
    assert (sheet[65, 5::30] == 12).all()
    assert (sheet[28:30] == 128).all()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ([], "nothing to show"),
        (["--versus", "mlp"], "--versus needs --arch"),
        (["--arch", "lenet", "--data", "mnist"], "one at a time"),
        (["--arch", "lenet", "--output", "x.png"], "goes with --data, --image or --features"),
        (["--arch", "lenet", "--data-dir", "."], "goes with --data or --features"),
        (["--image", "x.png"], "--image needs --arch"),
        (["--features", "--data", "mnist"], "--features needs --arch"),
        (["--arch", "lenet", "--image", "x.png", "--features"], "two pictures"),
        (["--arch", "lenet", "--image", "x.png", "--data", "mnist"], "two questions"),
        (["--arch", "lenet", "--image", "x.png", "--data-dir", "."], "goes with --data"),
        (["--arch", "lenet", "--image", "x.png", "--versus", "mlp"], "doesn't go with --image"),
        (["--arch", "lenet", "--features", "--versus", "mlp"], "doesn't go with --image"),
        (["--arch", "lenet", "--weights", "w.pt"], "--weights goes with --image or --features"),
        (["--arch", "lenet", "--image", "x.png", "--limit", "50"], "--limit goes with --features"),
        (["--arch", "lenet", "--features", "--limit", "5"], "20"),
        (["--arch", "lenet", "--features", "--data", "nonesuch"], "mnist, fashion-mnist"),
        (["--arch", "nonesuch", "--features"], ", ".join(registry.names())),
        (["--arch", "lenet", "--image", "x.png", "--out", "x.jpg"], "name a .png file"),
        (["--data", "mnist", "--output", "x.jpg"], "name a .png file"),
        (["--data", "mnist", "--versus", "mlp"], "--versus needs --arch"),
        (["--arch", "lenet", "--format", "xml"], "xml"),
        (["--arch", "nonesuch"], ", ".join(registry.names())),
        (["--arch", "lenet", "--versus", "nonesuch"], ", ".join(registry.names())),
        (["--data", "nonesuch"], "mnist, fashion-mnist"),
    ],
)
def test_wrong_questions_get_one_line_and_exit_2(
    arguments: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert show(*arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert complaint in captured.err
    assert len(captured.err.splitlines()) == 1


def test_picture_that_cannot_be_written(data_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (data_dir / "file").touch()
    output = data_dir / "file" / "grid.png"
    assert show("--data", "mnist", "--data-dir", data_dir, "--output", output) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "can't be written" in captured.err


def test_missing_matplotlib_is_named_with_its_install_command(
    data_dir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from digits import extras

    found = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name == "matplotlib" else found(name)
    )
    assert show("--data", "mnist", "--data-dir", data_dir) == 3
    assert "pip install 'digits-edge[plot]'" in capsys.readouterr().err


def test_help_says_what_is_written_where(capsys):
    assert cli.main(["show", "--help"]) == 0
    words = " ".join(capsys.readouterr().out.split())
    assert "draws DATA.png, too" in words
    letters = words.replace(" ", "")  # names with a hyphen may be on two lines
    assert "elseDATA.png,ARCH-maps.pngorARCH-features.pnginthecurrentfolder" in letters
