"""The corruptions of MNIST-C: 15 ways to spoil a canvas that should not fool a reader.

Mu and Gilmer, "MNIST-C: A Robustness Benchmark for Computer Vision", 2019. The parameters are those
of the published set, where each corruption has one severity. Where the published program does
something that its name doesn't say (`glass_blur` blurs along columns only, since its images have
no colour axis; `shear` also flattens a little), so do we: figures should be comparable.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError
from digits_models.trials import lines, warps
from digits_models.trials.fields import Floats, blurred, plasma

#: Takes images from 0 to 1, float64 [N, 28, 28], and gives the same, perhaps beyond 0 and 1.
Corruption = Callable[[Floats, np.random.Generator], Floats]

CORRUPTIONS: dict[str, Corruption] = {}

SIDE = 28
SHOTS = 3
IMPULSES = 0.17
GLASS_SIGMA, GLASS_ROUNDS = 0.7, 2
MOTION_RADIUS, MOTION_SIGMA, MOTION_DEGREES = 10, 3.0, 45
BRIGHTER = 0.5
FOG, FOG_ROUGHNESS, FOG_SIZE = 3.0, 1.4, 256
MUD_MEAN, MUD_SPREAD, MUD_FROM, MUD_SOLID, MUD = 0.65, 0.3, 0.65, 0.8, 63 / 255
MUD_GRAIN, MUD_EDGE = 1.0, 1.5


def corruption(name: str, images: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """Spoil canvases.

    Args:
        name: One of CORRUPTIONS.
        images: uint8 [N, 28, 28], light ink on black.
        rng: The source of chance; the same state gives the same images.

    Returns:
        uint8 [N, 28, 28].

    Raises:
        UsageError: There is no corruption of that name, or the images have another shape or type.
    """
    if name not in CORRUPTIONS:
        raise UsageError(f"unknown corruption {name!r}; known: {', '.join(CORRUPTIONS)}")
    if images.dtype != np.uint8 or images.shape[1:] != (SIDE, SIDE):
        raise UsageError(f"images are {images.dtype} {list(images.shape)}, not uint8 [N, 28, 28]")
    spoilt = CORRUPTIONS[name](images / 255, rng)
    rounded: NDArray[np.uint8] = np.rint(spoilt.clip(0, 1) * 255).astype(np.uint8)
    return rounded


def _add(run: Corruption) -> Corruption:
    CORRUPTIONS[run.__name__] = run
    return run


@_add
def identity(images: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001 (one signature)
    """Leave them as they are."""
    return images


@_add
def shot_noise(images: Floats, rng: np.random.Generator) -> Floats:
    """Count photons, few of them."""
    return rng.poisson(images * SHOTS) / SHOTS


@_add
def impulse_noise(images: Floats, rng: np.random.Generator) -> Floats:
    """Replace pixels by black or white ones."""
    pepper = np.where(rng.random(images.shape) < 0.5, 1.0, 0.0)
    return np.where(rng.random(images.shape) < IMPULSES, pepper, images)


@_add
def glass_blur(images: Floats, rng: np.random.Generator) -> Floats:
    """Blur, swap neighbouring pixels, blur again."""
    glass = np.floor(blurred(images, GLASS_SIGMA, 0) * 255)
    for _ in range(GLASS_ROUNDS):
        for row in range(SIDE - 1, 1, -1):
            for column in range(SIDE - 1, 1, -1):
                _swap(glass, row, column, rng)
    return blurred(glass / 255, GLASS_SIGMA, 0)


def _swap(images: Floats, row: int, column: int, rng: np.random.Generator) -> None:
    """Swap the pixel with one of its upper left neighbours, in half of the images."""
    chosen = np.flatnonzero(rng.random(len(images)) < 0.5)
    up, left = rng.integers(0, 2, (2, len(chosen)))
    there = (chosen, row - up, column - left)
    # Indexing with arrays copies, so that the first assignment doesn't change the second's value.
    before, other = images[chosen, row, column], images[there]
    images[there] = before
    images[chosen, row, column] = other


@_add
def motion_blur(images: Floats, rng: np.random.Generator) -> Floats:
    """Smear to one side, as ImageMagick's -motion-blur does: half a Gaussian, whole pixels."""
    angle = np.deg2rad(rng.uniform(-MOTION_DEGREES, MOTION_DEGREES, len(images)))[:, None, None]
    steps = np.arange(2 * MOTION_RADIUS + 1)
    weights = np.exp(-(steps**2) / (2 * MOTION_SIGMA**2))
    number = np.arange(len(images))[:, None, None]
    rows, columns = np.arange(SIDE)[:, None], np.arange(SIDE)
    smeared = np.zeros_like(images)
    for step, weight in zip(steps, weights / weights.sum(), strict=True):
        down = np.ceil(step * np.sin(angle) - 0.5).astype(np.int64)
        right = np.ceil(step * np.cos(angle) - 0.5).astype(np.int64)
        row = (rows + down).clip(0, SIDE - 1)
        smeared += weight * images[number, row, (columns + right).clip(0, SIDE - 1)]
    return smeared


@_add
def shear(images: Floats, rng: np.random.Generator) -> Floats:
    """Slant to the left or to the right."""
    return warps.either(images, warps.shear(0.4), warps.shear(-0.4), rng)


@_add
def scale(images: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001
    """Shrink to 70 %."""
    return warps.warp(images, warps.scale(1 / 0.7))


@_add
def rotate(images: Floats, rng: np.random.Generator) -> Floats:
    """Turn by 0.4 radians, either way."""
    return warps.either(images, warps.rotation(0.4), warps.rotation(-0.4), rng)


@_add
def brightness(images: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001
    """Make everything brighter, the black too."""
    return images + BRIGHTER


@_add
def translate(images: Floats, rng: np.random.Generator) -> Floats:
    """Move by three pixels along both axes."""
    moved = warps.either(images, warps.shift(3, 0), warps.shift(-3, 0), rng)
    return warps.either(moved, warps.shift(0, 3), warps.shift(0, -3), rng)


@_add
def stripe(images: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001
    """Invert the left and the right quarter."""
    inverted = np.arange(SIDE) // 7 % 3 == 0
    return np.where(inverted, 1 - images, images)


@_add
def fog(images: Floats, rng: np.random.Generator) -> Floats:
    """Cover with clouds, three times as strong as the ink."""
    clouds = plasma(len(images), FOG_SIZE, FOG_ROUGHNESS, rng)[:, :SIDE, :SIDE]
    strongest = images.max((1, 2), keepdims=True)
    foggy: Floats = (images + FOG * clouds) * strongest / (strongest + FOG)
    return foggy


@_add
def spatter(images: Floats, rng: np.random.Generator) -> Floats:
    """Throw mud at it."""
    liquid = blurred(rng.normal(MUD_MEAN, MUD_SPREAD, images.shape), MUD_GRAIN, MUD_GRAIN)
    mud = blurred((liquid > MUD_FROM).astype(np.float64), MUD_EDGE, MUD_EDGE)
    mud[mud < MUD_SOLID] = 0
    return images * (1 - mud) + MUD * mud


@_add
def dotted_line(images: Floats, rng: np.random.Generator) -> Floats:
    """Draw a dotted line from the left to the right."""
    ends = rng.integers(0, 27, (len(images), 2))
    return images + np.stack([lines.dotted(int(left), int(right)) for left, right in ends])


@_add
def zigzag(images: Floats, rng: np.random.Generator) -> Floats:
    """Draw a zigzag from the left to the right."""
    start, rise = rng.integers(0, 27, len(images)), rng.integers(-5, 5, len(images))
    pairs = zip(start, rise, strict=True)
    return images + np.stack([lines.zigzag(int(row), int(up)) for row, up in pairs])


@_add
def canny_edges(images: Floats, rng: np.random.Generator) -> Floats:  # noqa: ARG001
    """Leave the edges alone, by Canny's detector."""
    from skimage import feature

    return np.stack([feature.canny(image) for image in images]).astype(np.float64)
