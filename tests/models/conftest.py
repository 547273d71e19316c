"""Data small enough to train on in a second, in the layout of torchvision."""

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

FILES = {"train": ("train", 96), "test": ("t10k", 24)}


def write_idx(folder: Path, split: str, images: np.ndarray, labels: np.ndarray) -> None:
    prefix = FILES[split][0]
    folder.mkdir(parents=True, exist_ok=True)
    header = struct.pack(">IIII", 0x803, len(images), *images.shape[1:])
    (folder / f"{prefix}-images-idx3-ubyte").write_bytes(header + images.tobytes())
    header = struct.pack(">II", 0x801, len(labels))
    (folder / f"{prefix}-labels-idx1-ubyte").write_bytes(header + labels.astype(np.uint8).tobytes())


def bars(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Ten classes that any network can tell apart: a bar whose place is its label."""
    labels = np.arange(count) % 10
    images = np.zeros((count, 28, 28), np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4 + 2 * label : 6 + 2 * label, 6:22] = 255
    return images, labels


@pytest.fixture(name="write_idx", scope="session")
def write_idx_fixture() -> Callable[[Path, str, np.ndarray, np.ndarray], None]:
    return write_idx


@pytest.fixture(name="bars", scope="session")
def bars_fixture() -> Callable[[int], tuple[np.ndarray, np.ndarray]]:
    return bars


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Renditions are kept in the user's cache; those of tests are not."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture(scope="session")
def tiny_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("data")
    for loader in ("MNIST", "FashionMNIST"):
        for split, (_, count) in FILES.items():
            write_idx(root / loader / "raw", split, *bars(count))
    return root


@pytest.fixture(scope="session")
def full_data() -> Path:
    if not os.environ.get("DIGITS_DATA"):
        pytest.skip("needs the real data sets: set DIGITS_DATA to the folder that holds them")
    return Path(os.environ["DIGITS_DATA"])


@pytest.fixture
def one_thread() -> Iterator[None]:
    """Many small matrix products are slower on threads that other processes compete for."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
