"""Running the front end: images of any sizes → canvases, in batches of one size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.errors import InputError
from digits.images import Pixels

_OUTPUTS = ["canvas", "clean", "box", "evidence"]
# In one batch; the graph works on floats, so it takes many times these bytes. More images than this
# gain nothing, or fall out of the processor's cache.
_MOST_PIXELS = 4_000_000
_MOST_IMAGES = 256
# JPEG allows no more either. Of a row of a million pixels the graph would make 3 GB, in half a
# minute.
LONGEST_SIDE = 65_535


@dataclass(frozen=True, eq=False)
class Seen:
    """What the front end made of one image.

    Attributes:
        canvas: What the classifier would see, as in `Prediction`; read-only, as all arrays here.
        clean: The cleaned image, uint8 [h, w].
        box: Left, top, right, bottom, in pixels of what was given.
        evidence: The figures that the manifest names, in its order.
    """

    canvas: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    box: tuple[float, float, float, float]
    evidence: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class SeenBatch:
    """What the front end made of images of one size, a row for each.

    Attributes:
        canvas: uint8 [n, 28, 28], or of the shape that the manifest says.
        clean: uint8 [n, h, w].
        box: float32 [n, 4], in pixels of what was given to the front end.
        evidence: float32 [n, figures].
    """

    canvas: NDArray[np.uint8]
    clean: NDArray[np.uint8]
    box: NDArray[np.float32]
    evidence: NDArray[np.float32]


def see(session: Any, images: Sequence[Pixels]) -> list[Seen | InputError]:
    """Run the front end's session on RGB images; an image that it fails on gets an error."""
    results: dict[int, Seen | InputError] = {}
    for places in same_size(images):
        try:
            rows = _rows(see_batch(session, [images[place] for place in places]))
        except InputError as error:
            results.update(dict.fromkeys(places, error))
        else:
            results.update(zip(places, rows, strict=True))
    return [results[place] for place in range(len(images))]


def same_size(images: Sequence[Pixels]) -> Iterator[list[int]]:
    """Places of images that have one size and together not too many pixels."""
    sizes: dict[tuple[int, ...], list[int]] = {image.shape: [] for image in images}
    if len(sizes) == 1:  # most often
        sizes = {shape: [*range(len(images))] for shape in sizes}
    else:
        for place, image in enumerate(images):
            sizes[image.shape].append(place)
    for (height, width, _), places in sizes.items():
        count = min(max(1, _MOST_PIXELS // (height * width)), _MOST_IMAGES)
        yield from (places[start : start + count] for start in range(0, len(places), count))


def see_batch(session: Any, images: Sequence[Pixels]) -> SeenBatch:
    """Run the front end's session on RGB images of one size.

    Raises:
        InputError: They are too long, or it fails on images of this size.
    """
    check_sides(images[0])
    # One image needs no copy.
    batch = images[0][None] if len(images) == 1 else np.stack(images)
    try:
        arrays = session.run(_OUTPUTS, {"image": batch})
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        raise _failure(batch, error) from error
    for array in arrays:
        array.setflags(write=False)
    return SeenBatch(*arrays)


def check_sides(pixels: Pixels, longest: int = LONGEST_SIDE) -> None:
    """Refuse images that are too long and narrow for the front end.

    Args:
        pixels: [H, W, 3].
        longest: Pixels that a side may have.

    Raises:
        InputError: They are.
    """
    height, width, _ = pixels.shape
    if max(height, width) > longest:
        raise InputError(
            f"too large: {width} x {height} pixels, a side may have {longest}: crop it to the digit"
        )


def _rows(batch: SeenBatch) -> Iterator[Seen]:
    rows = zip(batch.canvas, batch.clean, batch.box.tolist(), batch.evidence.tolist(), strict=True)
    for canvas, clean, (x0, y0, x1, y1), evidence in rows:
        yield Seen(canvas, clean, (x0, y0, x1, y1), tuple(evidence))


def _failure(batch: Pixels, error: Exception) -> InputError:
    height, width = batch.shape[1:3]
    reason = " ".join(str(error).split())
    return InputError(f"the front end fails on {width} x {height} pixels: {reason}")
