"""Calibration images: a data set's training images, a folder's, or a file of canvases."""

from collections.abc import Callable
from dataclasses import dataclass
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
from digits_export.variants.calibration import Numbers, check, others, pool, some
from digits_models import data

# Fewer images that were held out tell less than those that calibrated.
_FEWEST_HELD_OUT = 50


@dataclass(frozen=True)
class TrainingImages:
    """Images of what a classifier learnt, checked.

    Attributes:
        canvases: To calibrate on, uint8 [N, *canvas].
        judges: To judge the result by where no test set is at hand, uint8 [M, *canvas].
        labels: The judges', int64 [M]; None where nobody knows them.
        held_out: Whether the judges were held out from calibration; else they are its canvases.
    """

    canvases: Pixels
    judges: Pixels
    labels: Numbers | None
    held_out: bool


@dataclass(frozen=True)
class _Given:
    """What was given: how many images, how those of some numbers are read, and all labels."""

    count: int
    read: Callable[[Numbers], NDArray[np.generic]]
    labels: Numbers | None = None


def training_images(
    subject: Subject, given: str | None, count: int, judges: int = 0
) -> TrainingImages:
    """Calibration canvases for a classifier, checked, and others to judge the result by.

    Which calibrate doesn't depend on whether a test set is at hand, so that int8 is the same.

    Args:
        subject: The classifier.
        given: A data set's name, a folder of labelled images, or a `.npy` file of canvases; the
            classifier's own data set if None, which isn't downloaded for that.
        count: How many to calibrate on, at most.
        judges: How many to hold out, at most; none are where the test set is at hand.

    Raises:
        InputError: There are none, or they are of the wrong kind.
    """
    source = given or subject.dataset
    images = _given(subject, source, own=given is None)
    test = test_set(subject.dataset, subject.canvas)
    chosen = pool(images.count)
    # All of a small set are checked; of a large one those that are used.
    used = some(chosen, count)
    rest = some(others(images.count, used), judges if test is None else 0)
    numbers = np.union1d(chosen, rest)
    canvases = check(source, images.read(numbers), subject.canvas, test)
    return _parted(canvases, numbers, used, rest, images.labels)


def _parted(
    canvases: Pixels, numbers: Numbers, used: Numbers, rest: Numbers, labels: Numbers | None
) -> TrainingImages:
    """Those to calibrate on, and the judges, none of which is a copy of one of those.

    Args:
        canvases: All that were read, uint8 [N, *canvas].
        numbers: Theirs, ascending, int64 [N].
        used: The numbers of those to calibrate on.
        rest: The numbers of those that are held out.
        labels: Of all numbers.
    """
    calibrating, judges = (canvases[np.searchsorted(numbers, part)] for part in (used, rest))
    known = {canvas.tobytes() for canvas in calibrating}
    apart = np.array([canvas.tobytes() not in known for canvas in judges], bool)
    held_out = apart.sum() >= _FEWEST_HELD_OUT
    judging = rest[apart] if held_out else used
    return TrainingImages(
        calibrating,
        judges[apart] if held_out else calibrating,
        None if labels is None else labels[judging],
        bool(held_out),
    )


def _given(subject: Subject, source: str, *, own: bool) -> _Given:
    if source in data.DATASETS:
        return _of_dataset(subject, source)
    if own:
        raise InputError(
            f"no training images of {subject.dataset!r} are known for calibration: "
            "name a folder of labelled ones with --calibration DIR"
        )
    return _of_file(Path(source)) if source.endswith(".npy") else _of_folder(subject, Path(source))


def _of_dataset(subject: Subject, name: str) -> _Given:
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
    canvases, shown = data.load(name, "train")
    return _Given(len(canvases), lambda numbers: canvases[numbers], shown)


def _of_file(file: Path) -> _Given:
    try:
        canvases = np.atleast_1d(np.load(file, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise InputError(f"{file}: can't be read as an array of canvases: {error}") from error
    return _Given(len(canvases), lambda numbers: canvases[numbers])


def _of_folder(subject: Subject, folder: Path) -> _Given:
    """Canvases of labelled images, as the front end makes them."""
    images = [image for image in labelled_images(folder, subject.labels) if image.label is not None]
    indices = [subject.labels.index(image.label) for image in images if image.label is not None]

    def read(numbers: Numbers) -> Pixels:
        canvases = [_canvas(subject, images[int(number)].path) for number in numbers]
        return np.stack(canvases) if canvases else np.zeros((0, *subject.canvas), np.uint8)

    return _Given(len(images), read, np.array(indices, np.int64))


def _canvas(subject: Subject, path: str) -> Pixels:
    with torch.no_grad():
        canvas, *_ = subject.front_end(torch.from_numpy(load_pixels(path)[None].copy()))
    result: Pixels = canvas.numpy()[0]
    return result
