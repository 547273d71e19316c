"""Calibration images: a data set's training images, a folder's, or a file of canvases."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from digits.errors import InputError
from digits.images import load_pixels
from digits.labelled import labelled_images
from digits_export.inputs import Pixels
from digits_export.populations import test_set
from digits_export.subject import Subject
from digits_export.variants.calibration import check, spread
from digits_models import data

_IMAGES_READ = 1000  # of a folder, at most


def training_images(subject: Subject, given: str | None, count: int) -> Pixels:
    """Calibration canvases for a classifier, checked.

    Args:
        subject: The classifier.
        given: A data set's name, a folder of labelled images, or a `.npy` file of canvases; the
            classifier's own data set if None, which isn't downloaded for that.
        count: How many to use, at most.

    Raises:
        InputError: There are none, or they are of the wrong kind.
    """
    source = given or subject.dataset
    canvases: NDArray[np.generic]
    if source in data.DATASETS:
        canvases = _of_dataset(subject, source)
    elif given is None:
        raise InputError(
            f"no training images of {subject.dataset!r} are known for calibration: "
            "name a folder of labelled ones with --calibration DIR"
        )
    elif source.endswith(".npy"):
        canvases = _of_file(Path(source))
    else:
        canvases = _of_folder(subject, Path(source))
    test = test_set(subject.dataset, subject.canvas)
    # All of a small set are checked; of a large one those that are used.
    checked = check(source, _fewer(canvases), subject.canvas, test)
    return spread(checked, count)


def _fewer(canvases: NDArray[np.generic]) -> NDArray[np.generic]:
    chosen = np.linspace(0, len(canvases) - 1, min(_IMAGES_READ, len(canvases)))
    return canvases[chosen.round().astype(int)] if canvases.ndim else canvases[None]


def _of_dataset(subject: Subject, name: str) -> Pixels:
    labels = data.DATASETS[name].labels
    if labels != subject.labels:
        raise InputError(
            f"{name} can't calibrate {subject.name}: its labels are {', '.join(labels)}, "
            f"the classifier's {', '.join(subject.labels)}: give what the classifier learnt"
        )
    if not data.present(name):
        raise InputError(
            f"{data.get(name).title} isn't in {data.directory()}, and calibration needs its "
            f"training images: set $DIGITS_DATA, or download it: digits show data --dataset {name}"
        )
    return data.load(name, "train")[0]


def _of_file(file: Path) -> NDArray[np.generic]:
    try:
        canvases: NDArray[np.generic] = np.load(file, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{file}: can't be read as an array of canvases: {error}") from error
    return canvases


def _of_folder(subject: Subject, folder: Path) -> Pixels:
    """Canvases of labelled images, as the front end makes them."""
    images = [image for image in labelled_images(folder, subject.labels) if image.label is not None]
    several = np.linspace(0, len(images) - 1, min(_IMAGES_READ, len(images))).round().astype(int)
    canvases = [_canvas(subject, images[i].path) for i in several]
    return np.stack(canvases) if canvases else np.zeros((0, *subject.canvas), np.uint8)


def _canvas(subject: Subject, path: str) -> Pixels:
    with torch.no_grad():
        canvas, *_ = subject.front_end(torch.from_numpy(load_pixels(path)[None].copy()))
    result: Pixels = canvas.numpy()[0]
    return result
