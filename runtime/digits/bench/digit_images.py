"""The digits that are measured with: MNIST where it is at hand, else what the runtime carries."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.bundle import DEFAULT, open_bundle
from digits.goldens.reading import read_goldens

_MNIST = Path("MNIST", "raw", "train-images-idx3-ubyte")
# Of the IDX format (Y. LeCun, "The MNIST database"): magic number, count, height, width.
_HEADER = 16
_SIDE = 28
_NOISE = 6.0
# All images of the goldens, without reading the files that they carry, too.
_ALL = 1000


def digit_images(count: int) -> NDArray[np.uint8]:
    """Pictures as MNIST has them, light on black: uint8 [count, 28, 28].

    They are MNIST's, found in $DIGITS_DATA, over and over if there are too few. Without it they are
    the golden canvases of the default model with noise, so that no two are equal.
    """
    known = _mnist()
    return _drawn(count) if known is None else known[np.arange(count) % len(known)]


def source() -> str:
    """Where the digits come from: for the record of a run."""
    return "goldens with noise" if _mnist() is None else "MNIST"


def _mnist() -> NDArray[np.uint8] | None:
    folder = os.environ.get("DIGITS_DATA")
    file = Path(folder) / _MNIST if folder else None
    if file is None or not file.is_file():
        return None
    return np.fromfile(file, np.uint8, offset=_HEADER).reshape(-1, _SIDE, _SIDE)


def _drawn(count: int) -> NDArray[np.uint8]:
    random = np.random.default_rng(0)
    goldens = read_goldens(open_bundle(DEFAULT), _ALL).images
    inked = np.stack([image.canvas for image in goldens if image.canvas.max() > 0])
    pictures = inked[np.arange(count) % len(inked)]
    noise = random.normal(0, _NOISE, pictures.shape).astype(np.float32)
    # As in MNIST, most of the ground is black; noise there would make the files five times larger.
    noisy = np.where(pictures > 0, pictures + noise, 0)
    return np.clip(noisy, 0, 255).astype(np.uint8)
