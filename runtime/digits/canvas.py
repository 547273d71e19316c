"""Canvases as pictures and back: grey [H, W], or three planes [3, H, W]."""

import numpy as np

from digits.errors import InputError
from digits.images import Pixels


def picture_of(canvas: Pixels) -> Pixels:
    """A canvas, uint8 [H, W] or [3, H, W], as people look at it: [H, W] or [H, W, 3]."""
    return np.ascontiguousarray(np.moveaxis(canvas, 0, 2)) if _has_planes(canvas.shape) else canvas


def canvas_of(picture: Pixels, shape: tuple[int, ...]) -> Pixels:
    """An image file that is a canvas already, as the classifier takes it.

    Args:
        picture: RGB uint8 [H, W, 3].
        shape: Of the canvas, [H, W] or [3, H, W]; grey ones are read from the first channel.

    Raises:
        InputError: The image has another size.
    """
    if picture.shape[:2] != shape[-2:]:
        size = " x ".join(map(str, picture.shape[:2]))
        raise InputError(f"{size} pixels are no canvas of {' x '.join(map(str, shape))}")
    return np.ascontiguousarray(np.moveaxis(picture, 2, 0)) if len(shape) == 3 else picture[..., 0]


def _has_planes(shape: tuple[int, ...]) -> bool:
    # What three channels last are is a picture already.
    return len(shape) == 3 and shape[0] == 3 != shape[2]
