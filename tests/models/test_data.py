from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import mnist

from digits.errors import InputError, UsageError
from digits_models import data


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_arguments: object, **_options: object) -> None:
        raise URLError("no network in this test")

    monkeypatch.setattr(mnist, "download_and_extract_archive", refuse)


@pytest.mark.parametrize("name", data.DATASETS)
def test_images_and_labels_come_as_numpy(name: str, tiny_data: Path, bars):
    images, labels = data.load(name, "test", tiny_data)
    assert (images.shape, images.dtype) == ((24, 28, 28), np.uint8)
    assert (labels.shape, labels.dtype) == ((24,), np.int64)
    expected_images, expected_labels = bars(24)
    np.testing.assert_array_equal(images, expected_images)
    np.testing.assert_array_equal(labels, expected_labels)


def test_the_environment_names_the_folder(tiny_data: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DIGITS_DATA", str(tiny_data))
    assert len(data.load("mnist", "train")[1]) == 96


def test_every_data_set_has_ten_labels():
    assert {len(set(dataset.labels)) for dataset in data.DATASETS.values()} == {10}


def test_an_unknown_data_set_lists_the_known():
    with pytest.raises(UsageError, match="unknown data set 'emnist'; known: mnist, fashion-mnist"):
        data.load("emnist", "test")


@pytest.mark.usefixtures("no_network")
def test_without_network_the_error_says_where_to_put_the_files(tmp_path: Path):
    with pytest.raises(InputError) as raised:
        data.load("mnist", "test", tmp_path)
    message = str(raised.value)
    assert str(tmp_path / "MNIST" / "raw") in message
    assert "--data-dir" in message
    assert all(name in message for name in data.RAW_FILES)
    assert "\n" not in message


def _nothing_left(raw: Path, _images: np.ndarray, _labels: np.ndarray, _write) -> None:
    (raw / "t10k-images-idx3-ubyte").write_bytes(b"")


def _truncated(raw: Path, _images: np.ndarray, _labels: np.ndarray, _write) -> None:
    file = raw / "t10k-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-100])


def _a_web_page(raw: Path, _images: np.ndarray, _labels: np.ndarray, _write) -> None:
    (raw / "t10k-labels-idx1-ubyte").write_text("<html>not found</html>")


def _fewer_labels(raw: Path, images: np.ndarray, labels: np.ndarray, write) -> None:
    write(raw, "test", images, labels[:20])


def _another_size(raw: Path, images: np.ndarray, labels: np.ndarray, write) -> None:
    write(raw, "test", images[:, :14, :14].copy(), labels)


def _alien_labels(raw: Path, images: np.ndarray, labels: np.ndarray, write) -> None:
    write(raw, "test", images, labels + 5)


@pytest.mark.parametrize(
    "damage",
    [_nothing_left, _truncated, _a_web_page, _fewer_labels, _another_size, _alien_labels],
)
def test_damaged_files_are_named(damage, tmp_path: Path, bars, write_idx):
    raw = tmp_path / "MNIST" / "raw"
    for split in ("train", "test"):
        write_idx(raw, split, *bars(24))
    damage(raw, *bars(24), write_idx)
    with pytest.raises(InputError, match="delete them and run again") as raised:
        data.load("mnist", "test", tmp_path)
    assert str(raw) in str(raised.value)
