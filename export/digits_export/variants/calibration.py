"""Calibration: canvases of what a classifier learnt, and the refusal of those of a wrong kind.

Never test images: what was tuned on them can't be measured by them.
"""

import numpy as np
from numpy.typing import NDArray

from digits.errors import InputError
from digits_export.inputs import Pixels

Numbers = NDArray[np.int64]

FEWEST = 100
_MOST = 1000
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


def pool(count: int) -> Numbers:
    """Numbers of the images of a set that may calibrate, ascending, 1,000 at most.

    Half of a set of more than 200 at most, so that others can judge what comes of it. The half of a
    small set is drawn, always alike: its labels may take turns.
    """
    every = np.arange(count)
    if count <= 2 * FEWEST or count >= 2 * _MOST:
        return some(every, _MOST)
    return np.sort(np.random.default_rng(6).permutation(every)[: (count + 1) // 2])


def some(numbers: Numbers, count: int) -> Numbers:
    """So many of the numbers, from the whole length of a set, which may be sorted."""
    places = np.linspace(0, len(numbers) - 1, min(count, len(numbers))).round().astype(int)
    chosen: Numbers = numbers[places]
    return chosen


def others(count: int, used: Numbers) -> Numbers:
    """Numbers of the images of a set that aren't used."""
    return np.setdiff1d(np.arange(count), used)


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
