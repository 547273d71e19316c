"""Images that were made, and the folder that they are written to."""

from __future__ import annotations

import csv
import shutil
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from digits.errors import OutputError, UsageError

LABELS = "labels.csv"


@dataclass(frozen=True)
class Made:
    """An image that was made.

    Attributes:
        image: The picture.
        label: The digit that it shows; empty if it shows none, or several.
        kind: What kind of picture it is.
        quality: If given, it is written as a JPEG of that quality, else as a PNG.
    """

    image: Image.Image
    label: str
    kind: str
    quality: int | None = None


def picture(pixels: NDArray[Any]) -> Image.Image:
    """Turn [H, W], or [H, W, 3 or 4], from 0 to 255 into a picture."""
    return Image.fromarray(np.rint(pixels.clip(0, 255)).astype(np.uint8))


def write(images: Iterable[Made], folder: Path) -> Counter[str]:
    """Write images and their labels.csv to a new folder, whole or not at all.

    Returns:
        How many there are of each kind.

    Raises:
        UsageError: There is something of that name already.
        OutputError: The folder can't be written.
    """
    if folder.exists() or folder.is_symlink():
        raise UsageError(f"{folder}: exists already: give the name of a new folder")
    partial = folder.with_name(folder.name + ".partial")
    try:
        partial.mkdir(parents=True)
    except OSError as error:
        raise OutputError(f"{partial}: can't be made: {error.strerror}; remove it") from error
    try:
        counts = _write(images, partial)
        partial.rename(folder)
    except OSError as error:
        raise OutputError(f"{folder}: can't be written: {error.strerror}") from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return counts


def _write(images: Iterable[Made], folder: Path) -> Counter[str]:
    counts: Counter[str] = Counter()
    with (folder / LABELS).open("w", newline="", encoding="utf-8") as stream:
        rows = csv.writer(stream, lineterminator="\n")
        rows.writerow(("file", "label", "kind"))
        for made in images:
            name = f"{made.kind}/{counts[made.kind]:05}"
            counts[made.kind] += 1
            (folder / made.kind).mkdir(exist_ok=True)
            rows.writerow((_save(made, folder, name), made.label, made.kind))
    return counts


def _save(made: Made, folder: Path, name: str) -> str:
    if made.quality is None:
        made.image.save(folder / f"{name}.png", compress_level=1)
        return f"{name}.png"
    made.image.convert("RGB").save(folder / f"{name}.jpg", quality=made.quality)
    return f"{name}.jpg"
