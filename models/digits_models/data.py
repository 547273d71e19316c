"""The data sets: where they are found, how they are fetched, what they hold."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import platformdirs
from numpy.typing import NDArray

from digits.errors import InputError, UsageError

Split = Literal["train", "test"]

#: The files of a data set, each as it is or with `.gz`.
RAW_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@dataclass(frozen=True)
class Dataset:
    """A data set of 28×28 grey images in ten classes.

    Attributes:
        name: What users type.
        title: Its name for people.
        labels: The ten classes, in the order of the logits.
        loader: The class of torchvision.datasets that reads it, and the name of its folder.
    """

    name: str
    title: str
    labels: tuple[str, ...]
    loader: str


_FASHION_LABELS = (
    "t-shirt/top",
    "trouser",
    "pullover",
    "dress",
    "coat",
    "sandal",
    "shirt",
    "sneaker",
    "bag",
    "ankle boot",
)

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        Dataset("mnist", "MNIST", tuple("0123456789"), "MNIST"),
        Dataset("fashion-mnist", "Fashion-MNIST", _FASHION_LABELS, "FashionMNIST"),
    )
}


def get(name: str) -> Dataset:
    """Return the data set of that name; UsageError lists the known ones if there is none."""
    if name not in DATASETS:
        raise UsageError(f"unknown data set {name!r}; known: {', '.join(DATASETS)}")
    return DATASETS[name]


def directory(data_dir: Path | None = None) -> Path:
    """Return the folder of all data sets: the argument, else $DIGITS_DATA, else the cache."""
    if data_dir is not None:
        return data_dir
    if os.environ.get("DIGITS_DATA"):
        return Path(os.environ["DIGITS_DATA"])
    return platformdirs.user_cache_path("digits-edge", appauthor=False)


def load(
    name: str, split: Split, data_dir: Path | None = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Read one split of a data set, downloading it where it is missing.

    Returns:
        The images, uint8 [N, 28, 28], light ink on black, and their labels, int64 [N], 0…9.

    Raises:
        UsageError: There is no data set of that name.
        InputError: It is missing and can't be downloaded, or its files can't be read.
    """
    dataset = get(name)
    root = directory(data_dir)
    raw = root / dataset.loader / "raw"
    _fetch(dataset, root, raw)
    try:
        pixels = _open(dataset, root, split, download=False)
        images = np.ascontiguousarray(pixels.data.numpy())
        labels = np.ascontiguousarray(pixels.targets.numpy().astype(np.int64))
    except (OSError, RuntimeError, ValueError, AssertionError, KeyError, IndexError) as error:
        raise InputError(f"{raw}: damaged {split} files; delete them and run again") from error
    _check(images, labels, raw, split)
    return images, labels


def present(name: str, data_dir: Path | None = None) -> bool:
    """Return whether a data set is at hand, so that reading it downloads nothing."""
    return _present(directory(data_dir) / get(name).loader / "raw")


def _open(dataset: Dataset, root: Path, split: Split, *, download: bool) -> Any:
    from torchvision import datasets

    return getattr(datasets, dataset.loader)(root, train=split == "train", download=download)


def _present(raw: Path) -> bool:
    return all((raw / name).is_file() for name in RAW_FILES)


def _fetch(dataset: Dataset, root: Path, raw: Path) -> None:
    """Download what is missing; torchvision's own notes go to stderr, never among the results."""
    if _present(raw):
        return
    print(f"downloading {dataset.title} to {raw}", file=sys.stderr)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            _open(dataset, root, "train", download=True)
    except (OSError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0].rstrip(":")
        raise InputError(
            f"{dataset.title} is not in {raw} and can't be downloaded ({reason}); "
            f"put {', '.join(RAW_FILES)} there (as they are or .gz), or name the folder that holds "
            f"{dataset.loader}/raw with --data-dir or $DIGITS_DATA"
        ) from error
    except (ValueError, AssertionError, KeyError, IndexError):
        return  # Fetched but unreadable: loading says so.


def _check(images: NDArray[np.uint8], labels: NDArray[np.int64], raw: Path, split: Split) -> None:
    problem = ""
    if images.ndim != 3 or images.shape[1:] != (28, 28) or images.dtype != np.uint8:
        problem = f"images are {images.dtype} {list(images.shape)}, not uint8 [N, 28, 28]"
    elif len(images) != len(labels) or not len(labels):
        problem = f"{len(images)} images, {len(labels)} labels"
    elif labels.min() < 0 or labels.max() > 9:
        problem = f"labels from {labels.min()} to {labels.max()}, not 0 to 9"
    if problem:
        raise InputError(f"{raw}: {split} files don't fit: {problem}; delete them and run again")
