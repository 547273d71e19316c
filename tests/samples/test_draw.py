"""The sample images are what their script draws, and of the kinds that they are named after."""

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

SAMPLES = Path(__file__).parents[2] / "samples"
IMAGES = SAMPLES / "images"
ROWS = list(csv.DictReader((IMAGES / "labels.csv").read_text().splitlines()))
FILES = [row["file"] for row in ROWS]


def of_kind(kind: str) -> list[Path]:
    found = [IMAGES / row["file"] for row in ROWS if f"{row['kind']}-".startswith(f"{kind}-")]
    assert len(found) >= 2, f"only {len(found)} images of kind {kind}"
    return found


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.size


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("drawn")
    command = [sys.executable, SAMPLES / "draw.py", "--out", folder]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return folder


def test_script_draws_the_committed_files(drawn: Path) -> None:
    assert sorted(p.name for p in drawn.iterdir()) == sorted(p.name for p in IMAGES.iterdir())
    assert (drawn / "labels.csv").read_bytes() == (IMAGES / "labels.csv").read_bytes()


@pytest.mark.parametrize("file", FILES)
def test_script_draws_the_committed_pixels(drawn: Path, file: str) -> None:
    # Another Pillow or processor may round or compress differently, but not see another picture.
    with Image.open(drawn / file) as fresh, Image.open(IMAGES / file) as committed:
        assert fresh.size == committed.size
        assert fresh.mode == committed.mode
        levels = 256 if fresh.mode == "I;16" else 1
        difference = np.abs(np.asarray(fresh, float) - np.asarray(committed, float)) / levels
    assert difference.mean() < 1


def test_labels_tell_the_truth_of_the_names() -> None:
    assert all(row["file"].startswith(f"{row['label']}-{row['kind']}.") for row in ROWS)
    assert sorted(FILES) == sorted(p.name for p in IMAGES.iterdir() if p.name != "labels.csv")


def test_there_are_enough_of_each_digit() -> None:
    count = Counter(row["label"] for row in ROWS)
    assert set(count) == set("0123456789")
    assert min(count.values()) >= 7
    assert len(ROWS) >= 48


def test_they_are_small_together() -> None:
    assert sum(path.stat().st_size for path in IMAGES.iterdir()) < 1_200_000


def test_sideways_photos_are_upright_to_those_who_honour_exif() -> None:
    orientations = set()
    for path in of_kind("sideways"):
        with Image.open(path) as image:
            orientations.add(image.getexif()[0x0112])
            assert ImageOps.exif_transpose(image).size == (240, 300)
    assert orientations == {3, 6, 8}


def test_transparent_drawings_have_ink_in_alpha_only() -> None:
    for path in of_kind("transparent"):
        with Image.open(path) as image:
            assert image.mode == "RGBA"
            assert image.getchannel("A").getextrema() == (0, 255)
            pixels = np.asarray(image)
        assert not pixels[pixels[..., 3] == 0].any()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [("grey-16-bit", "I;16"), ("palette", "P"), ("screen-28", "L"), ("huge", "RGB")],
)
def test_pixel_formats(kind: str, mode: str) -> None:
    for path in of_kind(kind):
        with Image.open(path) as image:
            assert image.mode == mode


def test_sizes_from_tiny_to_huge() -> None:
    assert {max(size_of(path)) for path in of_kind("tiny")} == {14, 18, 20}
    assert {size_of(path) for path in of_kind("huge")} == {(3000, 2200)}
