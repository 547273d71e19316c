"""Affine maps about the middle of an image, from output to input, as [2, 3] of (x, y, 1)."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from digits_models.trials.fields import Floats

CENTRE = 13.5


def shear(angle: float) -> Floats:
    """Slant by an angle in radians; lengths stay along the slanted axis, so heights shrink."""
    return _about_centre(np.array([[1, -np.sin(angle)], [0, np.cos(angle)]]))


def rotation(angle: float) -> Floats:
    """Turn by an angle in radians."""
    return _about_centre(
        np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    )


def scale(factor: float) -> Floats:
    """Shrink by this factor."""
    return _about_centre(np.eye(2) * factor)


def shift(x: float, y: float) -> Floats:
    """Move the picture by -x and -y pixels."""
    return np.array([[1, 0, x], [0, 1, y]], np.float64)


def _about_centre(linear: Floats) -> Floats:
    offset = CENTRE - linear @ np.full(2, CENTRE)
    return np.concatenate([linear, offset[:, None]], 1)


def warp(images: Floats, affine: Floats) -> Floats:
    """Apply a map to every image of [N, 28, 28], bilinear, with black beyond the edges."""
    matrix = np.eye(3)
    matrix[1:, 1:] = affine[::-1, 1::-1]  # From (x, y) to (row, column).
    offset = (0, affine[1, 2], affine[0, 2])
    # grid-constant: a pixel half outside is mixed with black, not black.
    warped: Floats = ndimage.affine_transform(images, matrix, offset, order=1, mode="grid-constant")
    return warped


def either(images: Floats, one: Floats, other: Floats, rng: np.random.Generator) -> Floats:
    """Apply one map or the other, by chance, to each image."""
    first = rng.random((len(images), 1, 1)) < 0.5
    return np.where(first, warp(images, one), warp(images, other))
