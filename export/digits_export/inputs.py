"""The inputs of proofs and goldens: samples, noise and blank pages."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from digits.images import load_pixels

Pixels = NDArray[np.uint8]

BATCHES = (1, 2, 7, 64)
# Height and width: one pixel, lines, small, odd, tall, wide, and a photo.
SIZES = (
    (1, 1),
    (1, 40),
    (300, 2),
    (5, 9),
    (28, 28),
    (37, 211),
    (280, 280),
    (480, 640),
    (1920, 300),
    (3000, 4000),
)


@cache
def sample_images() -> tuple[Pixels, ...]:
    """The sample images that come with the exporter, RGB uint8 [H, W, 3]."""
    return tuple(load_pixels(data).copy() for data in sample_files().values())


@cache
def sample_files() -> Mapping[str, bytes]:
    """The files of the sample images, by name."""
    folder = resources.files("digits_export") / "golden_images"
    files = sorted((file for file in folder.iterdir()), key=lambda file: file.name)
    return {file.name: file.read_bytes() for file in files if file.name.endswith(".png")}


def golden_images() -> list[Pixels]:
    """Sample images, then pages without a digit: white, black, a grey pixel, and noise."""
    random = np.random.default_rng(0)
    paper = random.normal(215, 6, (60, 44, 3)).clip(0, 255).astype(np.uint8)
    return [
        *sample_images(),
        np.full((48, 64, 3), 255, np.uint8),
        np.zeros((28, 28, 3), np.uint8),
        np.full((1, 1, 3), 119, np.uint8),
        paper,
        noise(random, 1, 32, 24)[0],
    ]


def golden_canvases(seen: Pixels) -> Pixels:
    """Canvases of samples, uint8 [N, 28, 28], then black, white, a checkerboard, noise."""
    height, width = seen.shape[1:]
    checkers = np.indices((height, width)).sum(0) % 2 * 255
    random = np.random.default_rng(1)
    blank = [np.zeros((height, width)), np.full((height, width), 255), checkers]
    noisy = random.integers(0, 256, (8, height, width))
    return np.concatenate([seen, np.array(blank), noisy]).astype(np.uint8)


def image_cases(largest: int = 3000 * 4000) -> Iterator[tuple[str, Pixels]]:
    """Batches of images, each with a name.

    Args:
        largest: Pixels of the largest image.
    """
    for i, image in enumerate(golden_images()):
        yield f"golden {i}", image[None]
    random = np.random.default_rng(3)
    samples = sample_images()
    for i, (height, width) in enumerate(SIZES):
        if height * width > largest:
            continue
        yield (
            f"sample at {height}×{width}",
            stretched(samples[i % len(samples)], height, width)[None],
        )
        if height * width <= 640 * 480:
            yield f"noise at {height}×{width}", noise(random, 1, height, width)
    for size in BATCHES:
        batch = [stretched(samples[i % len(samples)], 28, 28) for i in range(size)]
        yield f"samples at 28×28, batch of {size}", np.stack(batch)
        yield f"noise at 28×28, batch of {size}", noise(random, size, 28, 28)


def noise(random: np.random.Generator, count: int, height: int, width: int) -> Pixels:
    """Random pixels, uint8 [count, height, width, 3]."""
    return random.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def stretched(image: Pixels, height: int, width: int) -> Pixels:
    """The image at another size, by its nearest pixels."""
    rows = np.arange(height) * image.shape[0] // height
    columns = np.arange(width) * image.shape[1] // width
    return np.ascontiguousarray(image[rows][:, columns])
