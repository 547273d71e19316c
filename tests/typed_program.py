"""What type checkers must find in a program of a user: tests/test_distribution.py has it checked.

Nobody runs it. basedpyright --pythonpath PYTHON tests/typed_program.py finds no error, either.
"""

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path
from typing import Literal, assert_type

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import digits
from digits import Classifier, Failure, InputError, Prediction, Ranked, Reason, Seen, Source

classifier = Classifier.load(Path("bundles/lenet"), provider="cpu", threads=2, verify=True)
assert_type(classifier, digits.Classifier)
assert_type(classifier.provider, str)
assert_type(classifier.note, str | None)
assert_type(classifier.labels, tuple[str, ...])
assert_type(classifier.bundle, digits.Bundle)
assert_type(classifier.assignments(), dict[str, digits.Assignment])

answer = classifier.predict("7.png")
assert_type(answer, Prediction)
assert_type(answer.label, str | None)
assert_type(answer.reason, Reason | None)
assert_type(answer.probabilities, NDArray[np.float32])
assert_type(answer.canvas, NDArray[np.uint8])
assert_type(answer.box, tuple[float, float, float, float])
assert_type(answer.top(3), list[Ranked])
assert_type(answer.top()[0].probability, float)
assert_type(digits.explain(answer), Image.Image)
assert_type(digits.load_image("7.png").pixels, NDArray[np.uint8])
assert_type(digits.load_pixels(b"..."), NDArray[np.uint8])
assert_type(digits.shipped(), list[str])

sources: list[Source] = [
    "7.png",
    Path("7.png"),
    b"...",
    bytearray(3),
    memoryview(b"..."),
    BytesIO(b"..."),
    Image.new("L", (28, 28)),
    np.zeros((28, 28), np.uint8),
    np.zeros((28, 28, 3), np.float64),
]
assert_type(classifier.predict_many(sources), list[Prediction])
assert_type(classifier.predict_many(sources, errors="raise"), list[Prediction])
assert_type(classifier.predict_many(sources, errors="return"), list[Prediction | InputError])
assert_type(classifier.predict_canvases(np.zeros((2, 28, 28), np.uint8)), NDArray[np.float32])
assert_type(classifier.see([digits.load_image("7.png").pixels]), list[Seen | InputError])


def paths(found: Iterable[Path]) -> None:
    timings = digits.Timings()
    for result in classifier.stream(found, workers=2, timings=timings):
        assert_type(result, Prediction | Failure)
        if isinstance(result, Failure):
            assert_type(result.error, str)
        else:
            assert_type(result.path, str | None)
    assert_type(timings.seconds, dict[str, float])


def either(way: Literal["raise", "return"], image: Source | None = None) -> int:
    if image is not None:
        classifier.predict(image)
    return len(classifier.predict_many(sources, errors=way))
