"""Golden images as files: does this device's decoder see the pixels that were encoded?"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray

from digits.classifier import Classifier
from digits.errors import InputError
from digits.goldens.check import GREY_LEVELS, Array, Check, differences, labels
from digits.goldens.graphs import canvas_batch
from digits.goldens.reading import File, GoldenImage
from digits.images import PIXEL_LIMIT, load_pixels

# By how many grey levels lossy files may miss the pixels that were encoded. Pillow and OpenCV miss
# those of our goldens by 18 at most, nearly all of which is the encoder's loss.
LOSSY_LEVELS = 24.0

_NOTHING = np.zeros((0, 0, 3), np.uint8)


def check_files(classifier: Classifier, images: Sequence[GoldenImage]) -> list[Check]:
    """Check the decoded pixels, and the labels that follow from them; nothing without files."""
    pairs = [(image, file) for image in images for file in image.files]
    decoded = [_decoded(file) for _, file in pairs]
    checks = []
    for lossy, name, allowed in (
        (False, "files, lossless", 0.0),
        (True, "files, lossy", LOSSY_LEVELS),
    ):
        chosen = [i for i, (_, file) in enumerate(pairs) if file.lossy is lossy]
        if chosen:
            found = [decoded[i] for i in chosen]
            truth = [pairs[i][0].pixels for i in chosen]
            where = [pairs[i][1].name for i in chosen]
            checks.append(differences(name, found, truth, allowed, GREY_LEVELS, where=where))
    checks += _as_by_pillow([file for _, file in pairs], decoded)
    return [*checks, _labels(classifier, pairs, decoded)] if pairs else []


def _as_by_pillow(files: Sequence[File], decoded: Sequence[NDArray[np.uint8]]) -> list[Check]:
    """Compare with Pillow's own readers: those that read the usual files see the same pixels."""
    if not files:
        return []
    truth = [_by_pillow(file) for file in files]
    name, where = "files, as by Pillow", [file.name for file in files]
    return [differences(name, decoded, truth, 0.0, GREY_LEVELS, where=where)]


def _by_pillow(file: File) -> NDArray[np.uint8]:
    # Who reads no files needs no Pillow.
    from digits.pictures import read_file

    try:
        return read_file(BytesIO(file.data), PIXEL_LIMIT, PIXEL_LIMIT).pixels
    except InputError:
        return _NOTHING


def _decoded(file: File) -> NDArray[np.uint8]:
    """The pixels; none of them, which differ from any, where this device can't decode it."""
    try:
        return load_pixels(file.data)
    except InputError:
        return _NOTHING


def _labels(
    classifier: Classifier,
    pairs: Sequence[tuple[GoldenImage, File]],
    decoded: Sequence[NDArray[np.uint8]],
) -> Check:
    """Compare the labels; what a lossy file changes in float64's answer is allowed to it."""
    tolerance = classifier.bundle.manifest.tolerance["probabilities"]
    return labels(
        "file labels",
        _answers(classifier, decoded),
        [image.probabilities for image, _ in pairs],
        [file.shift + tolerance for _, file in pairs],
        where=[file.name for _, file in pairs],
    )


def _answers(classifier: Classifier, decoded: Sequence[NDArray[np.uint8]]) -> list[Array]:
    """Probabilities, one array for each image; an empty one for what wasn't decoded."""
    seen = classifier.see([pixels for pixels in decoded if pixels.size])
    good = [item for item in seen if not isinstance(item, InputError)]
    rows = iter(classifier.predict_canvases(canvas_batch(classifier, good)))
    items = iter(seen)
    return [
        np.zeros(0)
        if not pixels.size or isinstance(next(items), InputError)
        else np.asarray(next(rows))
        for pixels in decoded
    ]
