"""Running a model over labelled images: data sets by name, or folders."""

from collections.abc import Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.accuracy import Answer
from digits.canvas import canvas_of
from digits.classifier import Classifier
from digits.errors import InputError
from digits.extras import need
from digits.folder import read_files
from digits.images import Pixels, decode_file
from digits.labelled import Labelled, labelled_images
from digits.mistakes import Reading
from digits.prediction import Failure, Prediction

# Data sets by name, which digits_models.data finds or downloads.
DATASETS = ("mnist", "fashion-mnist")
_BATCH = 256


class _Guess(NamedTuple):
    """What the model said about one canvas."""

    label: str | None
    confidence: float
    reason: str | None
    canvas: NDArray[np.uint8]


def evaluate_dataset(
    classifier: Classifier, name: str, data_dir: Path | None, *, canvas: bool
) -> Iterator[Reading]:
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
        found = _canvases(classifier, batch) if canvas else _images(classifier, batch)
        for place, (image, guess) in enumerate(zip(batch, found, strict=True), start):
            image_truth = Labelled(f"{name} test image {place}", labels[int(truth[place])])
            yield _reading(image_truth, guess, image)


def evaluate_folder(
    classifier: Classifier, folder: Path, *, canvas: bool
) -> Iterator[Reading | Failure]:
    """Read a folder of labelled images; with `canvas` its images are canvases already.

    Raises:
        InputError: The folder has no labelled images, or labels that the model doesn't know.
    """
    images = labelled_images(folder, classifier.labels)
    paths = [image.source for image in images]
    found = _canvas_files(classifier, paths) if canvas else _files(classifier, paths)
    for image, guess in zip(images, found, strict=True):
        yield guess if isinstance(guess, Failure) else _reading(image, guess)


def _reading(image: Labelled, guess: _Guess, picture: Pixels | None = None) -> Reading:
    answer = Answer(
        image.label, guess.label, image.kind, image.writer, guess.confidence, guess.reason
    )
    return Reading(image.path, answer, guess.canvas, picture)


def _images(classifier: Classifier, images: Pixels) -> list[_Guess]:
    colour = np.repeat(images[..., None], 3, axis=3)
    return [_guess(answer) for answer in classifier.predict_many(list(colour))]


def _guess(answer: Prediction) -> _Guess:
    return _Guess(answer.label, answer.confidence, answer.reason, answer.canvas)


def _canvases(classifier: Classifier, canvases: Pixels) -> list[_Guess]:
    probabilities = classifier.predict_canvases(canvases)
    best = probabilities.argmax(axis=1)
    return [
        _Guess(classifier.labels[index], float(row[index]), None, canvas)
        for index, row, canvas in zip(best, probabilities, canvases, strict=True)
    ]


def _files(classifier: Classifier, paths: Sequence[str | Failure]) -> Iterator[_Guess | Failure]:
    for result in read_files(classifier, paths):
        yield result if isinstance(result, Failure) else _guess(result)


def _canvas_files(
    classifier: Classifier, paths: Sequence[str | Failure]
) -> Iterator[_Guess | Failure]:
    for path in paths:
        if isinstance(path, Failure):
            yield path
            continue
        try:
            yield _canvases(classifier, _canvas(classifier, path)[None])[0]
        except InputError as error:
            yield Failure(path, str(error))


def _canvas(classifier: Classifier, path: str) -> NDArray[np.uint8]:
    return canvas_of(decode_file(path), classifier.bundle.manifest.canvas_shape)
