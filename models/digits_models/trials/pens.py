"""Ink from canvases: enlarged smoothly, or redrawn along the middle of its strokes with a pen."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digits_models.trials.fields import Floats

#: Blur of the enlarged canvas, in pixels of the canvas: it hides the steps of the small pixels.
SMOOTH = 0.45


def enlarged(canvas: NDArray[np.uint8], height: float, width: float) -> Floats:
    """Enlarge the ink of a canvas until it fills one side of a box of this height and width.

    Returns:
        float64 [H, W], the share of each pixel that is ink; edges are about two pixels wide.
    """
    rows, columns = np.nonzero(canvas > 64)
    cut = canvas[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    factor = min(height / cut.shape[0], width / cut.shape[1])
    # Room for the blur and for the cubic's overshoot; trimmed afterwards.
    soft = ndimage.gaussian_filter(np.pad(cut / 255, 2), SMOOTH)
    soft /= soft.max()  # Faint digits are written as firmly as the others.
    large = ndimage.zoom(soft, factor, order=3, grid_mode=True, mode="grid-constant")
    return trimmed(((large - 0.4) * max(2.0, factor * 0.6) + 0.5).clip(0, 1))


def trimmed(ink: Floats) -> Floats:
    """Cut off the rows and columns around the ink that hold none."""
    rows, columns = np.nonzero(ink > 0.1)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def redrawn(ink: Floats, width: float) -> Floats:
    """Draw the middle of ink's strokes again with a round pen of this width, in pixels."""
    from skimage.morphology import skeletonize

    margin = int(np.ceil(width / 2)) + 1
    middle = skeletonize(np.pad(ink, margin) > 0.5)
    if width <= 1:
        return trimmed(middle.astype(np.float64))
    distance = ndimage.distance_transform_edt(~middle)
    return trimmed((width / 2 + 0.5 - distance).clip(0, 1))


def canvas(ink: Floats) -> NDArray[np.uint8]:
    """Shrink ink to a canvas as MNIST makes them: in a 20×20 box, its centre of mass in the middle.

    Returns:
        uint8 [28, 28].
    """
    factor = 20 / max(ink.shape)
    # Average what falls into one pixel, before it is thinned out.
    soft = ndimage.gaussian_filter(np.pad(ink, 2), 0.4 / factor if factor < 1 else 0)
    small = ndimage.zoom(soft, factor, order=1, grid_mode=True, mode="grid-constant").clip(0, 1)
    page = np.zeros((28, 28))
    top = (28 - small.shape[0]) // 2
    left = (28 - small.shape[1]) // 2
    page[top : top + small.shape[0], left : left + small.shape[1]] = small
    middle = ndimage.center_of_mass(page)
    moved = ndimage.shift(page, np.rint(13.5 - np.array(middle)), order=0)
    strongest = max(float(moved.max()), 0.1)
    drawn: NDArray[np.uint8] = np.rint(moved / strongest * 255).astype(np.uint8)
    return drawn
