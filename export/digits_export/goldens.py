"""Goldens: inputs and the trained net's float64 answers, for a device to check itself."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from digits.images import load_pixels
from digits_export.engines import Torch
from digits_export.golden_files import golden_files
from digits_export.inputs import golden_canvases, golden_images

Arrays = Mapping[str, NDArray[np.generic]]

# Answers are rounded to this many places: float64 itself differs in the last bits between
# processors, and the same weights must give the same file.
_PLACES = 9
# Decoders of lossy files differ by a grey level between versions, so what follows is coarser.
_PLACES_OF_LOSSY = 2
_BATCH = 4


def make(front: Torch, classifier: Torch) -> Arrays:
    """Answer the golden inputs.

    Args:
        front: The front end in float64.
        classifier: The classifier in float64.

    Returns:
        `canvas` uint8 [G, 28, 28], `logits` and `probabilities` float64 [G, 10]; and for each
        golden image i its pixels `image_i` uint8 [H, W, 3] with `image_i_canvas` uint8 [28, 28],
        `image_i_box` float64 [4], `image_i_evidence` float64 [E], `image_i_probabilities` float64
        [10]. Some images come as files, too, uint8 [bytes]: `image_i_file_F` holds the pixels
        exactly, `image_i_lossy_F` nearly, with `image_i_lossy_F_shift` float64 [], by how much
        that changes the probabilities; F is the format, and its variety.
    """
    images = golden_images()
    seen = [front.run(image[None]) for image in images]
    canvases = golden_canvases(np.concatenate([outputs["canvas"] for outputs in seen]))
    answers = _in_batches(classifier, canvases)
    arrays: dict[str, NDArray[np.generic]] = {
        "canvas": canvases,
        "logits": _rounded(answers["logits"]),
        "probabilities": _rounded(answers["probabilities"]),
    }
    for i, (image, outputs) in enumerate(zip(images, seen, strict=True)):
        arrays[f"image_{i}"] = image
        arrays[f"image_{i}_canvas"] = outputs["canvas"][0]
        arrays[f"image_{i}_box"] = _rounded(outputs["box"][0])
        arrays[f"image_{i}_evidence"] = _rounded(outputs["evidence"][0])
        arrays[f"image_{i}_probabilities"] = arrays["probabilities"][i]
    return {**arrays, **_files(front, classifier, arrays["probabilities"])}


def _files(front: Torch, classifier: Torch, truth: NDArray[np.generic]) -> Arrays:
    """The images that come as files; `truth` is the answer to each image."""
    arrays: dict[str, NDArray[np.generic]] = {}
    for file in golden_files():
        name = f"image_{file.image}_{file.form}"
        arrays[name] = file.data
        if file.lossy:
            decoded = load_pixels(file.data.tobytes()).copy()  # one that torch may write to
            canvas = front.run(decoded[None])["canvas"]
            found = classifier.run(canvas)["probabilities"][0]
            arrays[f"{name}_shift"] = _rounded_up(np.abs(found - truth[file.image]).max())
    return arrays


def _rounded_up(value: float) -> NDArray[np.float64]:
    places = 10.0**_PLACES_OF_LOSSY
    return np.array(np.ceil(value * places) / places)


def _in_batches(classifier: Torch, canvases: NDArray[np.uint8]) -> Arrays:
    """All answers; large networks take gigabytes for all canvases at once."""
    starts = range(0, len(canvases), _BATCH)
    several = [classifier.run(canvases[start : start + _BATCH]) for start in starts]
    return {name: np.concatenate([outputs[name] for outputs in several]) for name in several[0]}


def _rounded(values: NDArray[np.generic]) -> NDArray[np.float64]:
    """Rounded, and without a sign on zeros, which depends on the last bits, too."""
    rounded: NDArray[np.float64] = np.asarray(values, np.float64).round(_PLACES) + 0.0
    return rounded


def serialise(arrays: Arrays) -> bytes:
    """Contents of the .npz file; not compressed, since compressors differ between machines."""
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()
