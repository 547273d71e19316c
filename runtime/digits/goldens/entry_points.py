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

# By which way the other ways' answers are measured.
_FIRST = "array"


def check_entry_points(classifier: Classifier, images: Sequence[GoldenImage]) -> list[Check]:
    """Read each image as a path, bytes, a stream, an array and a Pillow image, alone and together.

    Alone, all ways must give the same answer to the last bit. Together, images run in batches,
    where a float32 may be rounded otherwise.

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
    ways = _ways(images, data, paths)
    alone = {way: [classifier.predict(source) for source in ways[way]] for way in ways}
    together = {
        "many": classifier.predict_many(_mixed(_ways(images, data, paths))),
        "folder": _folder(classifier, folder, len(images)),
    }
    return [
        *(_same(way, alone[way], alone[_FIRST], images) for way in ways if way != _FIRST),
        *(_batched(classifier, way, answers, images) for way, answers in together.items()),
        *_true(classifier, [*alone.values(), *together.values()], images),
    ]


def _ways(
    images: Sequence[GoldenImage], data: Sequence[bytes], paths: Sequence[Path]
) -> Mapping[str, Sequence[Source]]:
    from PIL import Image

    return {
        "path": list(paths),
        "bytes": list(data),
        "stream": [io.BytesIO(item) for item in data],
        "array": [image.pixels for image in images],
        "picture": [Image.fromarray(image.pixels) for image in images],
    }


def _mixed(ways: Mapping[str, Sequence[Source]]) -> list[Source]:
    """Each image once, by one way after the other."""
    return [several[i % len(ways)] for i, several in enumerate(zip(*ways.values(), strict=True))]


def _file(image: GoldenImage) -> tuple[str, bytes]:
    """Suffix and contents of a file that holds the image exactly; a PNG where there is none."""
    for file in image.files:
        if not file.lossy:
            return f".{file.form.partition('_')[0]}", file.data
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image.pixels).save(stream, "PNG", compress_level=1)
    return ".png", stream.getvalue()


def _folder(classifier: Classifier, folder: Path, count: int) -> list[Prediction]:
    answers = list(classifier.stream(folder))
    failures = [answer for answer in answers if isinstance(answer, Failure)]
    if failures or len(answers) != count:
        reason = failures[0].error if failures else f"{len(answers)} of {count} were found"
        raise ModelError(f"golden images in a folder can't be read: {reason}")
    return [answer for answer in answers if isinstance(answer, Prediction)]


def _same(
    way: str,
    answers: Sequence[Prediction],
    others: Sequence[Prediction],
    images: Sequence[GoldenImage],
) -> Check:
    """Compare all figures of the answers with those of another way: nothing may differ."""
    where = [image.name for image in images]
    found, expected = map(_figures, answers), [_figures(answer) for answer in others]
    return differences(f"by {way}", list(found), expected, 0.0, where=where)


def _figures(answer: Prediction) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    parts = (answer.probabilities, answer.canvas, answer.box, list(answer.evidence.values()))
    label = -1 if answer.label is None else answer.labels.index(answer.label)
    return np.concatenate([*(np.ravel(part) for part in parts), [label]]).astype(np.float64)


def _batched(
    classifier: Classifier,
    way: str,
    answers: Sequence[Prediction],
    images: Sequence[GoldenImage],
) -> Check:
    """Compare probabilities with those of the same canvases, which another batch may round."""
    own = classifier.predict_canvases(canvas_batch(classifier, answers))
    return differences(
        f"by {way}",
        [answer.probabilities for answer in answers],
        list(own),
        2 * classifier.bundle.manifest.tolerance["probabilities"],
        where=[image.name for image in images],
    )


def _true(
    classifier: Classifier,
    ways: Sequence[Sequence[Prediction]],
    images: Sequence[GoldenImage],
) -> list[Check]:
    """Compare every answer with the truth."""
    answers = [answer for several in ways for answer in several]
    truth = [images[i % len(images)] for several in ways for i in range(len(several))]
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
