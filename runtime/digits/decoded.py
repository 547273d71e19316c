"""What decoding gives: pixels, and where they lie in the whole image."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
Box: TypeAlias = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Decoded:
    """An image, perhaps at a reduced scale.

    Attributes:
        pixels: RGB, uint8 [H, W, 3], contiguous.
        size: Width and height of the whole image, upright.
        factor: How many of its pixels, along each side, became one of these.
    """

    pixels: Pixels
    size: tuple[int, int]
    factor: int = 1

    def in_whole(self, box: Box) -> Box:
        """Where a box in these pixels is in the whole image.

        Args:
            box: Left, top, right, bottom.

        Returns:
            The same in pixels of the whole image, inside of it.
        """
        width, height = self.size
        x0, y0, x1, y1 = (self.factor * edge for edge in box)
        return min(x0, width), min(y0, height), min(x1, width), min(y1, height)


def reduction(width: int, height: int, area: int) -> int:
    """By what power of two to divide both sides so that no more than `area` pixels remain."""
    factor = 1
    while width * height > area * factor * factor:
        factor *= 2
    return factor
