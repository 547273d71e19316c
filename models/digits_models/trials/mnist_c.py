"""MNIST-C: the MNIST test set under each of the 15 corruptions, and as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits_models import data
from digits_models.trials.corruptions import CORRUPTIONS, corruption
from digits_models.trials.made import Made, picture

#: Images that share a source of chance: the first thousand are the same whatever the limit.
BLOCK = 1000


def load(
    name: str, data_dir: Path | None = None, limit: int = 0, seed: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Corrupt the MNIST test set.

    Args:
        name: One of CORRUPTIONS.
        data_dir: Where the data sets are; else $DIGITS_DATA, else a cache.
        limit: How many images, from the first; 0: all.
        seed: The same seed gives the same images.

    Returns:
        Canvases, uint8 [N, 28, 28], and labels, int64 [N].

    Raises:
        UsageError: There is no corruption of that name.
        InputError: MNIST isn't there and can't be downloaded.
    """
    images, labels = data.load("mnist", "test", data_dir)
    count = limit or len(images)
    blocks = [
        corruption(name, images[start : min(start + BLOCK, count)], _rng(name, seed, start))
        for start in range(0, min(count, len(images)), BLOCK)
    ]
    return np.concatenate(blocks), labels[:count]


def _rng(name: str, seed: int, start: int) -> np.random.Generator:
    return np.random.default_rng([seed, start, *name.encode()])


def make(data_dir: Path | None, limit: int, seed: int) -> Iterator[Made]:
    """Make the set, a kind for each corruption; `limit` is of each, 0: all 10,000."""
    for name in CORRUPTIONS:
        images, labels = load(name, data_dir, limit, seed)
        for image, label in zip(images, labels, strict=True):
            yield Made(picture(image), str(label), name)
