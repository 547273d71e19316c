"""Running a model over labelled images: data sets by name, or folders."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from digits.accuracy import Answer
from digits.classifier import Classifier
from digits.errors import InputError
from digits.extras import need
from digits.folder import read_files
from digits.images import Pixels, decode_file
from digits.labelled import labelled_images
from digits.prediction import Failure

# Data sets by name, which digits_models.data finds or downloads.
DATASETS = ("mnist", "fashion-mnist")
_BATCH = 256


@dataclass
class Outcome:
    """What came of a run over labelled images."""

    answers: list[Answer] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)


def evaluate_dataset(
    classifier: Classifier, name: str, data_dir: Path | None, *, canvas: bool
) -> Iterator[Answer]:
    """Read the test images of a data set; with `canvas` without the front end.

    Raises:
        InputError: The data set can't be had, or its labels aren't the model's.
        MissingExtraError: The part that loads data sets isn't installed.
    """
    need("export", "torch", "torchvision")
    data = import_module("digits_models.data")
    labels = data.get(name).labels
    if tuple(labels) != classifier.labels:
        raise InputError(f"{name} has other labels than {classifier.name}: {', '.join(labels)}")
    images, truth = data.load(name, "test", data_dir)
    for start in range(0, len(images), _BATCH):
        batch = images[start : start + _BATCH]
        found = _labels_of_canvases(classifier, batch) if canvas else _labels(classifier, batch)
        for index, label in zip(truth[start : start + _BATCH], found, strict=True):
            yield Answer(labels[int(index)], label)


def evaluate_folder(
    classifier: Classifier, folder: Path, *, canvas: bool
) -> Iterator[Answer | Failure]:
    """Read a folder of labelled images; with `canvas` its images are canvases already.

    Raises:
        InputError: The folder has no labelled images, or labels that the model doesn't know.
    """
    images = labelled_images(folder, classifier.labels)
    paths = [image.source for image in images]
    found = _canvas_files(classifier, paths) if canvas else _files(classifier, paths)
    for image, label in zip(images, found, strict=True):
        if isinstance(label, Failure):
            yield label
        else:
            yield Answer(image.label, label, image.kind)


def _labels(classifier: Classifier, images: Pixels) -> list[str]:
    colour = np.repeat(images[..., None], 3, axis=3)
    return [answer.label for answer in classifier.predict_many(list(colour))]


def _labels_of_canvases(classifier: Classifier, canvases: Pixels) -> list[str]:
    best = classifier.predict_canvases(canvases).argmax(axis=1)
    return [classifier.labels[index] for index in best]


def _files(classifier: Classifier, paths: Sequence[str | Failure]) -> Iterator[str | Failure]:
    for result in read_files(classifier, paths):
        yield result if isinstance(result, Failure) else result.label


def _canvas_files(
    classifier: Classifier, paths: Sequence[str | Failure]
) -> Iterator[str | Failure]:
    for path in paths:
        if isinstance(path, Failure):
            yield path
            continue
        try:
            yield _labels_of_canvases(classifier, _canvas(classifier, path)[None])[0]
        except InputError as error:
            yield Failure(path, str(error))


def _canvas(classifier: Classifier, path: str) -> NDArray[np.uint8]:
    pixels = decode_file(path)
    shape = classifier.bundle.manifest.canvas_shape
    if pixels.shape[:2] != shape:
        size = " x ".join(map(str, pixels.shape[:2]))
        raise InputError(f"{size} pixels are no canvas of {' x '.join(map(str, shape))}")
    return pixels[..., 0]
