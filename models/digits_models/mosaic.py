"""Many small pictures in one: kernels and feature maps as coloured tiles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Colours = Callable[[NDArray[np.float64]], NDArray[np.float64]]

#: Pixels of a tile's side, and between tiles.
TILE, GAP = 64, 6


def mosaic(
    maps: NDArray[np.float32], columns: int, colours: Colours, paper: tuple[float, float, float]
) -> NDArray[np.uint8]:
    """Lay maps out in rows of `columns`.

    Args:
        maps: float [K, h, w], values in 0…1.
        columns: Tiles in a row.
        colours: Values in 0…1 → RGBA in 0…1, as matplotlib's colour maps.
        paper: RGB in 0…1 of what lies between tiles.

    Returns:
        uint8 RGB [height, width, 3].
    """
    rows = -(-len(maps) // columns)
    size = (rows * (TILE + GAP) - GAP, columns * (TILE + GAP) - GAP, 3)
    sheet = np.broadcast_to(np.asarray(paper), size).copy()
    for place, values in enumerate(maps):
        top, left = place // columns * (TILE + GAP), place % columns * (TILE + GAP)
        tile = colours(sampled(values).astype(np.float64))[..., :3]
        sheet[top : top + TILE, left : left + TILE] = tile
    return (sheet * 255).round().astype(np.uint8)


def sampled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """A map [h, w] as a tile [TILE, TILE], by the nearest of its values."""
    rows, columns = (np.arange(TILE) * side // TILE for side in values.shape)
    tile: NDArray[np.float32] = values[rows[:, None], columns]
    return tile


def signed(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale numbers of both signs so that zero comes to 0.5."""
    highest = float(np.abs(values).max(initial=0))
    return 0.5 + values / (2 * highest) if highest else np.full_like(values, 0.5)


def unsigned(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scale numbers from 0 up so that the highest comes to 1."""
    highest = float(values.max(initial=0))
    return values / highest if highest else np.zeros_like(values)


def strongest(maps: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """The indices of the `count` maps with most in them (mean square), in their own order."""
    strength = np.square(maps.astype(np.float64)).reshape(len(maps), -1).mean(axis=1)
    return np.sort(np.argsort(-strength, kind="stable")[:count])
