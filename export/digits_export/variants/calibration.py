"""Calibration: canvases of what a classifier learnt, and the refusal of those of a wrong kind.

Never test images: what was tuned on them can't be measured by them.
"""

import numpy as np
from numpy.typing import NDArray

from digits.errors import InputError
from digits_export.inputs import Pixels

FEWEST = 100
# Canvases of a set that are alike; photographs and digits never are, copies of a few are.
_MOST_ALIKE = 0.5


def check(
    name: str, canvases: NDArray[np.generic], shape: tuple[int, ...], test: Pixels | None
) -> Pixels:
    """Make sure that canvases can calibrate a classifier.

    Args:
        name: What errors call them.
        canvases: To be checked.
        shape: Of one canvas that the classifier takes.
        test: The test set that measures the classifier, uint8 [N, *shape], if it is at hand.

    Returns:
        The canvases, uint8 [N, *shape].

    Raises:
        InputError: They aren't such, too few, blank, alike, or among the test images.
    """
    if canvases.dtype != np.uint8 or canvases.shape[1:] != shape:
        raise InputError(
            f"{name}: holds {canvases.dtype} {list(canvases.shape)}, "
            f"the classifier takes uint8 {['N', *shape]}: give canvases of that kind"
        )
    if len(canvases) < FEWEST:
        raise InputError(
            f"{name}: {len(canvases)} calibration images are too few: give {FEWEST} or more"
        )
    pixels = np.ascontiguousarray(canvases, np.uint8)
    flat = pixels.reshape(len(pixels), -1)
    blank = np.flatnonzero(flat.min(1) == flat.max(1))
    if len(blank):
        raise InputError(
            f"{name}: {len(blank)} of {len(pixels):,} calibration images are of one level, "
            f"the first is number {blank[0]}: leave them out"
        )
    _check_different(name, pixels, test)
    return pixels


def spread(canvases: Pixels, count: int) -> Pixels:
    """So many of the canvases, from the whole length of the set, which may be sorted."""
    chosen = np.linspace(0, len(canvases) - 1, min(count, len(canvases))).round().astype(int)
    return np.ascontiguousarray(canvases[chosen])


def _check_different(name: str, pixels: Pixels, test: Pixels | None) -> None:
    different = {canvas.tobytes() for canvas in pixels}
    if len(different) < _MOST_ALIKE * len(pixels):
        raise InputError(
            f"{name}: only {len(different)} of {len(pixels):,} calibration images differ: "
            "give different ones"
        )
    known = set() if test is None else {canvas.tobytes() for canvas in test}
    if found := len(different & known):
        raise InputError(
            f"{name}: {found} of its images are in the test set, which measures the result: "
            "give training images"
        )
