"""What the classifier is compared on: the test set, random, extreme and near-tied canvases."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from digits.errors import InputError
from digits_export.adversarial import near_ties
from digits_export.engines import Torch
from digits_models import data

Pixels = NDArray[np.uint8]

TEST_SET = "test set"
ADVERSARIAL = "near ties"

# Every batch size that kernels treat differently: alone, odd, on and beside powers of two.
BATCH_SIZES = (1, 2, 3, 5, 7, 8, 16, 31, 32, 33, 64, 100, 128, 255, 256)


@dataclass(frozen=True)
class Extent:
    """How much a classifier is compared on.

    Attributes:
        test: Images of the test set.
        random: Random canvases.
        extreme: Extreme ones, at most.
        ties: Canvases that are moved until the top two classes nearly tie.
        batch: The largest batch.
    """

    test: int
    random: int
    extreme: int
    ties: int
    batch: int


FULL = Extent(test=10_000, random=512, extreme=48, ties=128, batch=256)
MEDIUM = Extent(test=1_000, random=64, extreme=24, ties=4, batch=32)
# A convolution at 224×224 in float64 takes a second an image.
LARGE = Extent(test=200, random=8, extreme=12, ties=2, batch=8)
# Floating-point operations of one canvas, from which on each of the two is chosen.
_MEDIUM, _LARGE = 50_000_000, 1_000_000_000


def extent_of(classifier: nn.Module, shape: Sequence[int]) -> Extent:
    """How much a classifier can be compared on in reasonable time.

    Args:
        classifier: Canvas → logits, probabilities.
        shape: Of one canvas.
    """
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        classifier(torch.zeros((1, *shape), dtype=torch.uint8))
    operations = counter.get_total_flops()
    if operations < _MEDIUM:
        return FULL
    return MEDIUM if operations < _LARGE else LARGE


@dataclass(frozen=True)
class Population:
    """Canvases whose errors are looked at together.

    Attributes:
        name: What they are.
        canvases: uint8 [N, *canvas].
        runs: Which of them go through an engine together.
    """

    name: str
    canvases: Pixels
    runs: tuple[slice, ...]


def populations(
    truth: Torch, goldens: Pixels, test: Pixels | None, extent: Extent
) -> Iterator[Population]:
    """All populations of a classifier.

    Args:
        truth: The classifier in float64.
        goldens: Its golden canvases, uint8 [G, *canvas].
        test: The test set of its data, uint8 [N, *canvas], if it is at hand.
        extent: How much to compare on.
    """
    real = goldens if test is None else test[: extent.test]
    random = np.random.default_rng(4)
    shape = goldens.shape[1:]
    yield chunked("goldens", goldens, extent.batch)
    if test is not None:
        yield chunked(TEST_SET, real, extent.batch)
    yield chunked("random", random_canvases(random, extent.random, shape), extent.batch)
    extremes = extreme_canvases(shape)
    every = -(-len(extremes) // extent.extreme)
    yield chunked("extreme", extremes[::every], extent.batch)
    yield chunked(ADVERSARIAL, near_ties(truth, real[: extent.ties]), extent.batch)
    yield batches(real, extent.batch)


def batches(canvases: Pixels, largest: int) -> Population:
    """The same canvases in batches of many sizes."""
    sizes = [size for size in BATCH_SIZES if size <= largest]
    repeated = np.resize(canvases, (max(sizes), *canvases.shape[1:]))
    name = f"batches of 1 to {max(sizes)}"
    return Population(name, repeated, tuple(slice(0, size) for size in sizes))


def test_set(dataset: str, shape: tuple[int, ...]) -> Pixels | None:
    """The test set of a data set, uint8 [N, 28, 28]; None where it isn't at hand."""
    labelled = labelled_test_set(dataset, shape)
    return labelled[0] if labelled else None


def labelled_test_set(
    dataset: str, shape: tuple[int, ...]
) -> tuple[Pixels, NDArray[np.int64]] | None:
    """The test set of a data set with its labels, int64 [N]; None where it isn't at hand.

    It isn't downloaded for a proof. A canvas of another shape has none.
    """
    if dataset not in data.DATASETS or not data.present(dataset):
        return None
    try:
        images, labels = data.load(dataset, "test")
    except InputError:
        return None
    return (images, labels) if images.shape[1:] == shape else None


def random_canvases(random: np.random.Generator, count: int, shape: Sequence[int]) -> Pixels:
    """Noise: of all levels, of few, of two, sparse, and grainy; uint8 [count, *shape]."""
    size = (count, *shape)
    levels = random.integers(0, 256, size)
    sparse = levels * (random.random(size) < 0.1)
    two = (levels > 127) * 255
    faint = levels % 16
    coarse = np.kron(levels[..., ::4, ::4], np.ones((4, 4), int))[..., : shape[-2], : shape[-1]]
    kinds = np.stack([levels, sparse, two, faint, coarse])
    return kinds[np.arange(count) % len(kinds), np.arange(count)].astype(np.uint8)


def extreme_canvases(shape: Sequence[int]) -> Pixels:
    """Even, split, striped, checkered and ramped canvases, and single pixels; uint8 [N, *shape]."""
    rows, columns = np.indices(shape)[-2:]
    height, width = shape[-2:]
    levels = [np.full(shape, level) for level in (0, 1, 127, 128, 254, 255)]
    patterns = [
        (rows + columns) % 2,
        rows % 2,
        columns % 2,
        rows < height // 2,
        columns < width // 2,
        (rows // 4 + columns // 4) % 2,
        (rows == 0) | (rows == height - 1) | (columns == 0) | (columns == width - 1),
    ]
    ramps = [rows * 255 // max(1, height - 1), columns * 255 // max(1, width - 1)]
    spots = [
        (rows == y) & (columns == x)
        for y in (0, height // 2, height - 1)
        for x in (0, width // 2, width - 1)
    ]
    light = [*levels, *(255 * pattern for pattern in (*patterns, *spots)), *ramps]
    return np.stack([*light, *(255 - canvas for canvas in light)]).astype(np.uint8)


def chunked(name: str, canvases: Pixels, size: int) -> Population:
    """All canvases, in batches of a size."""
    starts = range(0, len(canvases), size)
    return Population(name, canvases, tuple(slice(start, start + size) for start in starts))
