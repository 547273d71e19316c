"""Goldens: inputs and the trained net's float64 answers, for a device to check itself."""

import io
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from digits_export.engines import Torch
from digits_export.inputs import golden_canvases, golden_images

Arrays = Mapping[str, NDArray[np.generic]]

# Answers are rounded to this many places: float64 itself differs in the last bits between
# processors, and the same weights must give the same file.
_PLACES = 9
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
        [10].
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
    return arrays


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
