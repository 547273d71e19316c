from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.bench import digit_images, folders
from digits.errors import OutputError


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Three digits of an MNIST of our own."""
    images = np.random.default_rng(1).integers(0, 256, (3, 28, 28), np.uint8)
    file = tmp_path / "data" / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.parent.mkdir(parents=True)
    file.write_bytes(bytes(16) + images.tobytes())
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path / "data"))
    return images


def _opened(file: Path) -> Image.Image:
    with Image.open(file) as image:
        return image.copy()


def test_mnist_over_and_over(data: np.ndarray, tmp_path: Path) -> None:
    files = sorted(folders.small(tmp_path, 5).iterdir())
    assert [file.name for file in files] == [f"{i:06}.png" for i in range(5)]
    read = np.stack([np.asarray(_opened(file)) for file in files])
    np.testing.assert_array_equal(read, data[[0, 1, 2, 0, 1]])
    assert digit_images.source() == "MNIST"


def test_without_mnist_no_two_are_equal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_DATA", raising=False)
    found = digit_images.digit_images(60)
    assert (found.shape, found.dtype) == ((60, 28, 28), np.uint8)
    assert len(np.unique(found.reshape(60, -1), axis=0)) == 60
    assert digit_images.source() == "goldens with noise"
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    assert digit_images.source() == "goldens with noise"


@pytest.mark.usefixtures("data")
def test_folders_are_made_once(tmp_path: Path) -> None:
    made = folders.large(tmp_path, 2)
    stamps = [file.stat().st_mtime_ns for file in sorted(made.iterdir())]
    assert folders.large(tmp_path, 2) == made
    assert [file.stat().st_mtime_ns for file in sorted(made.iterdir())] == stamps
    with Image.open(next(made.iterdir())) as image:
        assert image.size == (280, 280)


@pytest.mark.usefixtures("data")
def test_what_an_interrupted_run_left_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(place: Path, _: int) -> None:
        (place / "half.png").write_bytes(b"")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(folders, "_small", interrupt)
        with pytest.raises(KeyboardInterrupt):
            folders.small(tmp_path, 2)
    assert not [place for place in tmp_path.iterdir() if "small" in place.name]
    assert len(list(folders.small(tmp_path, 2).iterdir())) == 2


@pytest.mark.usefixtures("data")
def test_links_share_the_disk(tmp_path: Path) -> None:
    files = list(folders.links(tmp_path, 700).iterdir())
    assert len(files) == 700
    assert len({file.stat().st_ino for file in files}) == 500


@pytest.mark.usefixtures("data")
def test_photos_have_twelve_megapixels(tmp_path: Path) -> None:
    (file,) = folders.photos(tmp_path, 1).iterdir()
    with Image.open(file) as photo:
        assert (photo.format, photo.size, photo.mode) == ("JPEG", (4032, 3024), "RGB")
        pixels = np.asarray(photo.reduce(12))
    assert pixels.std() > 5
    assert 500_000 < file.stat().st_size < 10_000_000


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="can't be written"):
        folders.small(tmp_path / "file", 1)
