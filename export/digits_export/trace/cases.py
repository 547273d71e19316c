"""The inputs of a trace: a few, but such that every layer has something to do."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits_export.graphs import Graph
from digits_export.inputs import Pixels, noise, sample_images, stretched
from digits_export.trace.layers import Run
from digits_export.trace.values import Values

# Height and width of images: canvases, small ones, and one that has to be reduced.
_SIZES = ((28, 28), (64, 48), (150, 200))
_NOISY = 3
# A convolution at 224×224 in float64 takes a second an image; large networks get two.
_LARGEST = 10_000_000  # parameters
# The share of a row's integers that may differ where rounding is to blame.
_ROUNDED = 0.01


def cases(graph: Graph) -> Iterator[tuple[str, Pixels]]:
    """Batches for a graph, each with a name: samples as images, or canvases."""
    if len(graph.open_sizes) == 1:
        canvases = _canvases(graph.example[1:])
        large = sum(value.numel() for value in graph.module.parameters()) > _LARGEST
        yield "canvases", canvases[[0, -1]] if large else canvases
        return
    for height, width in _SIZES:
        yield f"samples at {height}×{width}", _samples(height, width)


def _samples(height: int, width: int) -> Pixels:
    """Samples, uint8 [N, height, width, 3]; no noise, on which a front end decides between equals.

    There the last bit of a float32 tips the scales, so that no layer that follows compares.
    """
    return np.stack([stretched(image, height, width) for image in sample_images()])


def _canvases(shape: tuple[int, ...]) -> Pixels:
    """Samples, light on dark, and noise: uint8 [N, H, W] or [N, C, H, W]."""
    height, width = shape[-2:]
    noisy = noise(np.random.default_rng(0), _NOISY, height, width)
    images = np.concatenate([255 - _samples(height, width), noisy])
    planes = np.moveaxis(images, 3, 1)
    return np.ascontiguousarray(planes[:, 0] if len(shape) == 2 else planes[:, : shape[0]])


def settled(truth: Run, eager: Run, values: Values, pixels: Pixels) -> Pixels:
    """The rows of a batch on which no engine rounds another way than float64.

    Where a value lies between two grey levels its last bit decides, and all that is computed from
    a pixel that is a level off differs rightly. Rows that differ by more stay: that isn't rounding.

    Args:
        truth: The run of the batch in float64.
        eager: The same in float32.
        values: What the export computes for it.
        pixels: The batch.

    Returns:
        Those rows; all, if there are none and more than rounding is to blame.
    """
    kept, rounding = np.ones(len(pixels), bool), True
    for name, at in truth.outputs.items():
        expected = truth.layers[at].output
        if np.issubdtype(expected.dtype, np.integer):
            own = _share(eager.layers[eager.outputs[name]].output, expected)
            theirs = _share(values.outputs[name], expected)
            kept &= (own == 0) & ((theirs == 0) | (theirs > _ROUNDED))
            rounding &= bool((theirs <= _ROUNDED).all())
    return pixels[kept] if kept.any() or rounding else pixels


def _share(found: NDArray[Any], expected: NDArray[Any]) -> NDArray[np.float64]:
    """The share of each row's elements that differ; all, if the shapes do."""
    if found.shape != expected.shape:
        return np.ones(len(expected))
    differs = (found != expected).reshape(len(expected), -1)
    return np.asarray(differs.mean(1), np.float64)
