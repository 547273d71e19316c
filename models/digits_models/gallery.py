"""What a data set holds: its splits counted, and some of its images on one picture."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from digits_models import data
from digits_models.weights import write_whole

COLUMNS = 12
MARGIN = 2  # pixels between the images


@dataclass(frozen=True)
class Census:
    """How many images of each label a data set holds.

    Attributes:
        dataset: The data set.
        counts: For each split, the number of images by label.
    """

    dataset: data.Dataset
    counts: dict[str, dict[str, int]]

    def as_dict(self) -> dict[str, object]:
        """Return sizes and counts with JSON's types."""
        splits = {
            split: {"images": sum(count.values()), "labels": count}
            for split, count in self.counts.items()
        }
        return {"dataset": self.dataset.name, "title": self.dataset.title, "splits": splits}


def count(name: str, data_dir: Path | None) -> Census:
    """Count the images of each split; UsageError or InputError if the data set can't be had."""
    dataset = data.get(name)
    counts = {}
    for split in get_args(data.Split):
        _, labels = data.load(name, split, data_dir)
        numbers = np.bincount(labels, minlength=len(dataset.labels)).tolist()
        counts[split] = dict(zip(dataset.labels, numbers, strict=True))
    return Census(dataset, counts)


def grid(images: NDArray[np.uint8], labels: NDArray[np.int64], classes: int) -> NDArray[np.uint8]:
    """Lay out the first images of each label, one row per label.

    Args:
        images: uint8 [N, 28, 28].
        labels: int64 [N].
        classes: The number of labels.

    Returns:
        uint8 [height, width]; mid-grey in the margins and where a label has too few images.
    """
    side = images.shape[1] + MARGIN
    sheet = np.full((classes * side - MARGIN, COLUMNS * side - MARGIN), 128, np.uint8)
    for row in range(classes):
        for column, image in enumerate(images[labels == row][:COLUMNS]):
            top, left = row * side, column * side
            sheet[top : top + side - MARGIN, left : left + side - MARGIN] = image
    return sheet


def draw(file: Path, name: str, data_dir: Path | None) -> None:
    """Write a grid of training images with their labels as PNG; needs matplotlib.

    Raises:
        OutputError: The file can't be written.
    """
    from matplotlib.figure import Figure

    dataset = data.get(name)
    images, labels = data.load(name, "train", data_dir)
    sheet = grid(images, labels, len(dataset.labels))
    figure = Figure(figsize=(9, 7), layout="constrained")
    axes = figure.subplots()
    axes.imshow(sheet, cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    side = images.shape[1] + MARGIN
    places = [row * side + images.shape[1] / 2 for row in range(len(dataset.labels))]
    axes.set(xticks=[], yticks=places, yticklabels=dataset.labels)
    axes.set_title(f"{dataset.title}: the first training images of each label")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120, metadata={"Software": None})
    write_whole(file, picture.getvalue())
