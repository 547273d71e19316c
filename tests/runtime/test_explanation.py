"""`--explain` and `digits.explain`: what the pictures show, where they go, and what goes wrong."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import Classifier, InputError, Prediction, Reason, UsageError, cli, explain
from digits.commands.explain import picture_name
from digits.explanation import ANSWER, BARS, BEST, BOX, GAP, MARGIN, SIZE, TILE, TOP, bar_ends

Infer = Callable[..., tuple[int, str, str]]
COLUMN = MARGIN + 3 * (TILE + GAP)


def answer(**changes: object) -> Prediction:
    values: dict[str, object] = {
        "label": "7",
        "confidence": 0.8,
        "probabilities": np.array([0.0, 0, 0, 0, 0, 0, 0, 0.8, 0.15, 0.05], np.float32),
        "labels": tuple("0123456789"),
        "canvas": np.full((28, 28), 90, np.uint8),
        "clean": np.full((96, 96), 30, np.uint8),
        "box": (100.0, 50.0, 300.0, 200.0),
        "evidence": {"contrast": 0.5},
        "provider": "cpu",
        "model": "tiny",
    }
    return Prediction(**values | changes)


def size_of(file: Path) -> tuple[int, int]:
    with Image.open(file) as picture:
        return picture.size


def pixels_of(picture: Image.Image, colour: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the pixels of one colour."""
    return np.nonzero((np.asarray(picture) == colour).all(axis=2))


@pytest.fixture
def infer(tiny: Path, capfd: pytest.CaptureFixture) -> Infer:
    def run(*args: object) -> tuple[int, str, str]:
        code = cli.infer([*map(str, args), "--model", str(tiny), "--provider", "cpu"])
        return code, *capfd.readouterr()

    return run


@pytest.mark.parametrize("size", [(576, 288), (4608, 2304), (9216, 4608)])
def test_the_box_is_where_it_is_in_the_image(size: tuple[int, int]) -> None:
    scale = size[0] / 576
    box = tuple(scale * edge for edge in (100, 50, 300, 200))
    picture = explain(answer(box=box), Image.new("L", size, 200))
    assert (picture.size, picture.mode) == (SIZE, "RGB")
    rows, columns = pixels_of(picture, BOX)
    # The tile shows the image at half its size, with 72 pixels above it.
    assert (columns.min(), columns.max()) == (MARGIN + 50, MARGIN + 150)
    assert (rows.min(), rows.max()) == (TOP + 72 + 25, TOP + 72 + 100)
    assert picture.getpixel((MARGIN + 100, TOP + 72 + 60)) == (200, 200, 200)


def test_every_step_is_shown() -> None:
    picture = explain(answer(), np.full((300, 400), 200, np.uint8))
    middle = TOP + TILE // 2
    shown = [picture.getpixel((MARGIN + i * (TILE + GAP) + TILE // 2, middle))[0] for i in range(3)]
    assert shown == [200, 30, 90]
    rows, columns = pixels_of(picture, BEST)
    start, end = bar_ends(COLUMN, tuple("0123456789"))
    assert (columns.min(), columns.max()) == (start, start + round(0.8 * (end - start)))
    assert rows.max() < TOP + TILE
    assert COLUMN < start < end < COLUMN + ANSWER


def test_small_images_keep_their_squares() -> None:
    image = np.array([[0, 255], [255, 0]], np.uint8)
    picture = explain(answer(box=(0, 0, 0, 0)), image)
    half = TILE // 2
    for x in (20, half - 2):
        assert picture.getpixel((MARGIN + x, TOP + 20)) == (0, 0, 0)
        assert picture.getpixel((MARGIN + x, TOP + half + 20)) == (255, 255, 255)


@pytest.mark.parametrize("reason", Reason)
def test_without_a_label_no_bar_is_the_best(reason: Reason) -> None:
    picture = explain(answer(label=None, reason=reason), Image.new("L", (400, 300)))
    assert pixels_of(picture, BEST)[0].size == 0
    assert (pixels_of(picture, BOX)[0].size == 0) == (reason is Reason.EMPTY)


@pytest.mark.parametrize("size", [(1, 1), (5000, 1), (1, 5000), (3, 2), (3000, 2500)])
def test_any_size(size: tuple[int, int]) -> None:
    box = (0.0, 0.0, float(size[0]), float(size[1]))
    assert explain(answer(box=box), Image.new("RGB", size, (0, 90, 0))).size == SIZE


@pytest.mark.parametrize(
    "changes",
    [
        {"canvas": np.zeros((3, 224, 224), np.uint8)},
        {"labels": ("Ankle boot " * 9, *"123456789")},
        {"labels": ("0", "1"), "probabilities": np.array([0.9, 0.1], np.float32)},
        {"label": "a\nb", "path": "x" * 4000 + "\udcff\x1b"},
        {"label": "七", "evidence": {"mean": float("nan")}},
        {"evidence": {}},
    ],
)
def test_anything_fits(changes: dict[str, object]) -> None:
    assert explain(answer(**changes), Image.new("L", (40, 30))).size == SIZE
    assert len(answer(**changes).top(BARS)) <= BARS


def test_the_file_of_an_answer_is_read_again(tiny: Path, photo: Callable[..., Path]) -> None:
    classifier = Classifier.load(tiny, provider="cpu")
    file = photo(level=40)
    prediction = classifier.predict(file)
    again, given = explain(prediction), explain(prediction, file.read_bytes())
    np.testing.assert_array_equal(np.asarray(again), np.asarray(given))
    file.unlink()
    with pytest.raises(InputError, match=r"photo\.png: no such file"):
        explain(prediction)
    with pytest.raises(UsageError, match=r"explain\(answer, image\)"):
        explain(answer())


def test_pictures_are_drawn_with_pillow_alone(tiny: Path, photo: Callable[..., Path]) -> None:
    code = (
        "import sys, digits; loaded = set(sys.modules)\n"
        f"c = digits.Classifier.load({str(tiny)!r}, provider='cpu')\n"
        f"p = c.predict({str(photo())!r})\n"
        "print('digits.explanation' in sys.modules)\n"
        "digits.explain(p)\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\nFalse\n"


def test_one_picture_for_each_answer(
    infer: Infer, photo: Callable[..., Path], tmp_path: Path
) -> None:
    folder = tmp_path / "in"
    for name in ("2.png", "10.png", "sub/2.png"):
        photo(f"in/{name}")
    (folder / "3.png").write_text("no image")
    out = tmp_path / "new" / "out"
    code, told, err = infer(folder, "-r", "--explain", out)
    assert (code, len(told.splitlines()), err) == (1, 5, "note: 1 of 4 inputs failed\n")
    names = sorted(file.name for file in out.iterdir())
    assert names == ["0001-2.png", "0003-10.png", "0004-2.png", "index.html"]
    assert {size_of(out / name) for name in names[:-1]} == {SIZE}
    page = (out / "index.html").read_text()
    assert re.findall(r'src="(.*?)"', page) == names[:-1]
    assert f"{folder / '3.png'}: not an image" in page


def test_stdin_is_explained(digits: Callable[..., object], tiny: Path, photo: object) -> None:
    out = photo().parent / "out"
    arguments = ("infer", "-", "--model", tiny, "--provider", "cpu", "--explain", out)
    done = digits(*arguments, input=photo().read_bytes(), text=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"77.75%" in done.stdout
    assert size_of(out / "0001-stdin.png") == SIZE


@pytest.mark.skipif(sys.platform != "linux", reason="needs file names that are no text")
def test_names_of_any_bytes(infer: Infer, photo: Callable[..., Path], tmp_path: Path) -> None:
    file = os.fsdecode(os.fsencode(tmp_path) + b"/" + b"\xff<&>" * 50 + b".png")
    photo().rename(file)
    code, _, err = infer(file, "--explain", tmp_path / "out")
    assert (code, err) == (0, "")
    page = (tmp_path / "out" / "index.html").read_text()
    assert 'src="0001-%FF%3C%26%3E' in page
    assert len(list((tmp_path / "out").glob("0001-*.png"))) == 1


def test_names_of_pictures() -> None:
    assert picture_name("a/b.tar.png", 3) == "0003-b.tar.png"
    assert picture_name("x.jpg", 12_345) == "12345-x.png"
    assert len(picture_name("x" * 250 + ".png", 1)) == 5 + 200 + 4


def test_a_pipe_gets_an_answer_and_no_picture(infer: Infer, photo: object, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with os.fdopen(writer, "wb") as pipe:
        pipe.write(photo().read_bytes())
    code, told, err = infer(f"/dev/fd/{reader}", "--explain", tmp_path / "out")
    os.close(reader)
    assert code == 0
    assert "77.75%" in told
    assert err == f"note: no picture of this one: /dev/fd/{reader}: can't be read a second time\n"


def test_folders_that_can_not_be_used(
    infer: Infer, photo: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = photo()
    for folder in (file, file / "below"):
        code, told, err = infer(file, "--explain", folder)
        assert (code, told) == (1, "")
        assert err == f"digits-infer: error: {folder}: is no folder: name one for the pictures\n"
    monkeypatch.setattr(os, "access", lambda _, mode: mode == os.R_OK)  # root may write, so pretend
    code, told, err = infer(file, "--explain", file.parent)
    assert (code, told, err.count("\n")) == (1, "", 1)
    assert "no permission to write there" in err


def test_a_full_disk_is_one_line(
    infer: Infer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: object, file: Path) -> None:
        file.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Image.Image, "save", full)
    image, out = tmp_path / "x.ppm", tmp_path / "out"
    image.write_bytes(b"P6 1 1 255\n" + bytes(3))
    code, _, err = infer(image, "--explain", out)
    assert code == 1
    place = out / "0001-x.png"
    assert err == f"digits-infer: error: {place}: can't be written: No space left on device\n"
    assert list(out.iterdir()) == []
