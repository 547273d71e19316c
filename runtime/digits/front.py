"""Running the front end: images of any sizes → canvases, in batches of one size."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import InputError
from digits.images import Pixels

_OUTPUTS = ["canvas", "clean", "box", "evidence"]
# Pixels in one batch; the graph works on floats, so it takes many times these bytes.
_LARGEST_BATCH = 4_000_000


@dataclass(frozen=True, eq=False)
class Seen:
    """What the front end made of one image; the fields are those of `Prediction`."""

    canvas: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    evidence: tuple[float, ...]


def see(session: Any, images: Sequence[Pixels]) -> list[Seen | InputError]:
    """Run the front end's session on RGB images; an image that it fails on gets an error."""
    results: dict[int, Seen | InputError] = {}
    for indices in _batches(images):
        batch = np.stack([images[index] for index in indices])
        results.update(zip(indices, _run(session, batch), strict=True))
    return [results[index] for index in range(len(images))]


def _batches(images: Sequence[Pixels]) -> Iterator[list[int]]:
    """Indices of images that have one size and together not too many pixels."""
    sizes: dict[tuple[int, ...], list[int]] = {}
    for index, image in enumerate(images):
        sizes.setdefault(image.shape, []).append(index)
    for (height, width, _), indices in sizes.items():
        count = max(1, _LARGEST_BATCH // (height * width))
        yield from (indices[start : start + count] for start in range(0, len(indices), count))


def _run(session: Any, batch: Pixels) -> Iterable[Seen | InputError]:
    try:
        arrays = session.run(_OUTPUTS, {"image": batch})
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        return [_failure(batch, error)] * len(batch)
    for array in arrays:
        array.setflags(write=False)
    return [_seen(*rows) for rows in zip(*arrays, strict=True)]


def _seen(
    canvas: NDArray[np.uint8],
    clean: NDArray[np.uint8],
    box: NDArray[np.float32],
    evidence: NDArray[np.float32],
) -> Seen:
    x0, y0, x1, y1 = box.tolist()
    return Seen(canvas, clean, (x0, y0, x1, y1), tuple(evidence.tolist()))


def _failure(batch: Pixels, error: Exception) -> InputError:
    height, width = batch.shape[1:3]
    reason = " ".join(str(error).split())
    return InputError(f"the front end fails on {width} x {height} pixels: {reason}")
