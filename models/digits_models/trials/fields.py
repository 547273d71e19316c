"""Random fields, smoothed and fractal, for whole batches of images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Floats = NDArray[np.float64]


def blurred(images: Floats, rows: float, columns: float) -> Floats:
    """Blur [N, H, W] with a Gaussian of these sigmas, in pixels; edges are repeated."""
    smooth: Floats = ndimage.gaussian_filter(images, (0, rows, columns), mode="nearest")
    return smooth


def plasma(count: int, size: int, roughness: float, rng: np.random.Generator) -> Floats:
    """Draw `count` height maps by the diamond-square algorithm, on a torus.

    Fournier, Fussell and Carpenter, "Computer rendering of stochastic models", 1982.

    Args:
        count: How many.
        size: Their side, a power of two.
        roughness: What the noise is divided by, squared, from one scale to the next.
        rng: The source of chance.

    Returns:
        float64 [count, size, size], each from 0 to 1.
    """
    maps = np.zeros((count, size, size))
    step, spread = size, 1.0
    while step > 1:
        half = step // 2
        corners = maps[:, ::step, ::step]
        centres = corners + np.roll(corners, -1, 1)
        centres = _wobbly(centres + np.roll(centres, -1, 2), spread, rng)
        maps[:, half::step, half::step] = centres
        across = corners + np.roll(corners, -1, 2) + centres + np.roll(centres, 1, 1)
        maps[:, ::step, half::step] = _wobbly(across, spread, rng)
        down = corners + np.roll(corners, -1, 1) + centres + np.roll(centres, 1, 2)
        maps[:, half::step, ::step] = _wobbly(down, spread, rng)
        step, spread = half, spread / roughness**2
    maps -= maps.min((1, 2), keepdims=True)
    maps /= maps.max((1, 2), keepdims=True)
    return maps


def _wobbly(sums: Floats, spread: float, rng: np.random.Generator) -> Floats:
    noise: Floats = rng.uniform(-spread, spread, sums.shape)
    return sums / 4 + noise
