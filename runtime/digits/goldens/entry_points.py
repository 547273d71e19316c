"""Golden images through every entry point: one image is one answer, whichever way it comes in."""

import io
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from digits.classifier import Classifier
from digits.errors import ModelError, OutputError
from digits.goldens.check import GREY_LEVELS, Check, differences
from digits.goldens.graphs import canvas_batch, flips
from digits.goldens.reading import GoldenImage
from digits.images import Source
from digits.prediction import Failure, Prediction
from digits.providers import Provider

# By the number of the image.
Answers = Mapping[int, Prediction]

# By which way the other ways' answers are measured.
_FIRST = "array"


def check_entry_points(classifier: Classifier, images: Sequence[GoldenImage]) -> list[Check]:
    """Read images as paths, bytes, streams, arrays and Pillow images, alone and together.

    Alone on the CPU, all ways must give the same answer to the last bit; the first image is read by
    all of them, each other one as an array and by every second way, which keeps this a matter of a
    tenth of a second. Together, images run in batches, where a float32 may be rounded otherwise.

    Raises:
        OutputError: There is no room for temporary files.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="digits-") as folder:
            return _checks(classifier, images, Path(folder))
    except OSError as error:
        raise OutputError(
            f"the golden images can't be written to a temporary folder ({error.strerror}): "
            "set TMPDIR to one with 1 MB of room"
        ) from error


def _checks(classifier: Classifier, images: Sequence[GoldenImage], folder: Path) -> list[Check]:
    files = [_file(image) for image in images]
    paths = [folder / f"{i:06}{suffix}" for i, (suffix, _) in enumerate(files)]
    data = [contents for _, contents in files]
    for path, contents in zip(paths, data, strict=True):
        path.write_bytes(contents)
    alone = _alone(classifier, _ways(images, data, paths))
    together: Mapping[str, Answers] = {
        "many": dict(enumerate(classifier.predict_many(_mixed(_ways(images, data, paths))))),
        "folder": dict(enumerate(_folder(classifier, folder, len(images)))),
    }
    return _compared(classifier, images, alone, together)


def _compared(
    classifier: Classifier,
    images: Sequence[GoldenImage],
    alone: Mapping[str, Answers],
    together: Mapping[str, Answers],
) -> list[Check]:
    first = alone[_FIRST]
    singles = {way: answers for way, answers in alone.items() if way != _FIRST}
    # CUDA may add up in another order each time.
    exact = singles if classifier.provider == Provider.CPU else {}
    rounded = together if exact else {**singles, **together}
    return [
        *(_same(way, answers, first, images) for way, answers in exact.items()),
        *(_rounded(classifier, way, answers, images) for way, answers in rounded.items()),
        *_true(classifier, [*alone.values(), *together.values()], images),
    ]


def _alone(classifier: Classifier, ways: Mapping[str, Sequence[Source]]) -> Mapping[str, Answers]:
    """Answers one at a time, by way."""
    return {
        way: {
            i: classifier.predict(source)
            for i, source in enumerate(sources)
            if i == 0 or way == _FIRST or (i + number) % 2
        }
        for number, (way, sources) in enumerate(ways.items())
    }


def _ways(
    images: Sequence[GoldenImage], data: Sequence[bytes], paths: Sequence[Path]
) -> Mapping[str, Sequence[Source]]:
    from PIL import Image

    return {
        "path": list(paths),
        "bytes": list(data),
        "stream": [io.BytesIO(item) for item in data],
        "picture": [Image.fromarray(image.pixels) for image in images],
        _FIRST: [image.pixels for image in images],
    }


def _mixed(ways: Mapping[str, Sequence[Source]]) -> list[Source]:
    """Each image once, by one way after the other."""
    return [several[i % len(ways)] for i, several in enumerate(zip(*ways.values(), strict=True))]


def _file(image: GoldenImage) -> tuple[str, bytes]:
    """Suffix and contents of a file that holds the image exactly; a PPM where there is none."""
    for file in image.files:
        if not file.lossy:
            return f".{file.form.partition('_')[0]}", file.data
    height, width, _ = image.pixels.shape
    return ".ppm", f"P6 {width} {height} 255\n".encode() + image.pixels.tobytes()


def _folder(classifier: Classifier, folder: Path, count: int) -> list[Prediction]:
    answers = list(classifier.stream(folder))
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    if failures or len(answers) != count:
        reason = failures[0].error if failures else f"{len(answers)} of {count} were found"
        raise ModelError(f"golden images in a folder can't be read: {reason}")
    return [answer for answer in answers if isinstance(answer, Prediction)]


def _same(way: str, answers: Answers, others: Answers, images: Sequence[GoldenImage]) -> Check:
    """Compare all figures of the answers with those of another way: nothing may differ."""
    where = [images[i].name for i in answers]
    found = [_figures(answer) for answer in answers.values()]
    expected = [_figures(others[i]) for i in answers]
    return differences(f"by {way}", found, expected, 0.0, where=where)


def _figures(answer: Prediction) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    parts = (answer.probabilities, answer.canvas, answer.box, list(answer.evidence.values()))
    label = -1 if answer.label is None else answer.labels.index(answer.label)
    return np.concatenate([*(np.ravel(part) for part in parts), [label]]).astype(np.float64)


def _rounded(
    classifier: Classifier, way: str, answers: Answers, images: Sequence[GoldenImage]
) -> Check:
    """Compare probabilities with those of the same canvases, which another batch may round."""
    several = list(answers.values())
    own = classifier.predict_canvases(canvas_batch(classifier, several))
    return differences(
        f"by {way}",
        [answer.probabilities for answer in several],
        list(own),
        # Both may be off by the bound, in opposite directions.
        2 * classifier.bundle.manifest.tolerance["probabilities"],
        where=[images[i].name for i in answers],
    )


def _true(
    classifier: Classifier, ways: Sequence[Answers], images: Sequence[GoldenImage]
) -> list[Check]:
    """Compare every answer with the truth."""
    answers = [answer for several in ways for answer in several.values()]
    truth = [images[i] for several in ways for i in several]
    return [
        differences(
            "every canvas",
            [answer.canvas for answer in answers],
            [image.canvas for image in truth],
            classifier.bundle.manifest.tolerance["canvas"],
            GREY_LEVELS,
            where=[image.name for image in truth],
        ),
        flips("every label", classifier, [answer.probabilities for answer in answers], truth),
    ]
