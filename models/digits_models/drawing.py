"""Drawing ink as MNIST would: light on black, 20 pixels long, its centre of mass in the middle."""

import torch
from torch import Tensor
from torch.nn import functional

from digits_models.ramps import ramp, settle
from digits_models.resample import resample_matrix, resample_planes


def draw(
    ink: Tensor, pixel: Tensor, side: int = 28, longest: float = 20.0, width: float = 2.3
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Draw the ink of the window.

    Ink that lies as MNIST's does, to a few hundredths of the size and half a pixel, stays where it
    is: resampled, it would only become blurred.

    Args:
        ink: [N, 1, F, F] of 0…1.
        pixel: [N, 1, 1], pixels of the image in one of the window.
        side: Of the canvas, in pixels.
        longest: The longer side of the digit, in pixels of the canvas.
        width: That strokes are given at least, in the same.

    Returns:
        The canvas [N, 1, side, side] of 0…1; the edges [N, 2, 2] in pixels of the window; the
        strokes' width [N, 1, 1, 1] in pixels of the canvas; how far the ink falls into two beside
        each other [N, 1], 1 where the smaller has a quarter of the larger one's.
    """
    solid = ramp(ink, 0.2, 0.5)
    edges = ink_edges(solid)
    long = (edges[:, 1] - edges[:, 0]).amax(1).clamp(min=1.0).reshape(-1, 1, 1, 1)
    stroke = stroke_width(solid)
    radius = ((width / longest * long - stroke) * 0.5).clamp(0.0, 3.0)
    thick = thicken(ink, radius)

    pixel = pixel.unsqueeze(1)
    step = (1.0 + settle((long + 2.0 * radius) / longest * pixel - 1.0, 0.06)) / pixel
    start = settle((centre(thick) - side / 2 * step) * pixel, 0.6) / pixel
    matrices = resample_matrix(start, step, side, ink.shape[3], extend=False)
    canvas = resample_planes(thick, matrices[:, :1], matrices[:, 1:])
    peak = canvas.amax([2, 3], keepdim=True).clamp(min=0.5)
    return (canvas / peak).clamp(max=1.0), edges, stroke / long * longest, halves(solid, edges)


def stroke_width(solid: Tensor) -> Tensor:
    """Width of the strokes, [N, 1, 1, 1], in pixels of solid [N, 1, F, F].

    A rim of one pixel on both sides of a stroke has 2 pixels for each of its length if it runs
    along an axis, 2.8 if it runs diagonally.
    """
    area = solid.sum([2, 3], keepdim=True)
    rim = functional.max_pool2d(solid, 3, 1, 1).sum([2, 3], keepdim=True) - area
    return 2.4 * area / (rim + 1e-3)


def thicken(ink: Tensor, radius: Tensor) -> Tensor:
    """Grow ink [N, 1, F, F] by a radius [N, 1, 1, 1] of 0…3 pixels."""
    once = functional.max_pool2d(ink, 3, 1, 1)
    twice = functional.max_pool2d(once, 3, 1, 1)
    thrice = functional.max_pool2d(twice, 3, 1, 1)
    return (
        ink
        + (once - ink) * radius.clamp(max=1.0)
        + (twice - once) * (radius - 1.0).clamp(0.0, 1.0)
        + (thrice - twice) * (radius - 2.0).clamp(0.0, 1.0)
    )


def upto(size: int, like: Tensor) -> Tensor:
    """Matrix [size, size] that sums profiles from their beginning."""
    order = torch.arange(size, device=like.device)
    return (order.unsqueeze(1) <= order.unsqueeze(0)).to(like.dtype)


def ink_edges(ink: Tensor) -> Tensor:
    """Where the ink begins and ends, as continuous positions.

    Args:
        ink: [N, 1, h, h] of 0…1.

    Returns:
        [N, 2, 2]: the first and the last edge, down and across.
    """
    profiles = torch.cat([ink.amax(3), ink.amax(2)], 1)
    size = ink.shape[3]
    sums = upto(size, ink)
    sums = torch.matmul(profiles, torch.cat([sums, sums.transpose(0, 1)], 1))
    empty = (1.0 - sums).clamp(min=0.0).reshape(-1, 2, 2, size).sum(3).transpose(1, 2)
    return torch.cat([empty[:, :1], size - empty[:, 1:]], 1)


def centre(ink: Tensor) -> Tensor:
    """Centre of mass of ink [N, 1, F, F]: [N, 2, 1, 1], down and across, in pixels."""
    position = (torch.arange(ink.shape[3], device=ink.device).to(ink.dtype) + 0.5).unsqueeze(1)
    profiles = torch.cat([ink.sum(3), ink.sum(2)], 1)
    mass = torch.matmul(profiles, position) / (profiles.sum(2, keepdim=True) + 1e-3)
    return mass.unsqueeze(3)


def halves(solid: Tensor, edges: Tensor) -> Tensor:
    """How far ink [N, 1, F, F] falls into two, beside or above each other, [N, 1].

    An empty column between them counts as much as the ink on the poorer side of it, 1 where that
    is a quarter of the other side's, if both together are as wide as high: a 4 may be open. So does
    an empty row, where both sides are tall, and together much taller than wide: the bar of a 5 may
    lie alone.

    Args:
        solid: [N, 1, F, F] of 0…1.
        edges: [N, 2, 2], where it begins and ends, down and across.
    """
    heap = torch.cat([solid.sum(2), solid.sum(3)], 1)
    tall = torch.cat([solid.amax(2), solid.amax(3)], 1)
    beside, above = ((1.0 - tall) * balance(heap)).chunk(2, 1)
    above = torch.minimum(above, balance(tall[:, 1:]) - 0.2).amax(2)
    high, wide = (edges[:, 1] - edges[:, 0]).chunk(2, 1)
    shape = wide / (high + 1e-3)
    above = above * ramp(shape, 0.75, 0.6)
    return 4.0 * torch.maximum(beside.amax(2) * ramp(shape, 0.85, 1.0), above).clamp(min=0.0)


def balance(heap: Tensor) -> Tensor:
    """At each place, what lies on the poorer side of it as a share of the other; [N, C, F]."""
    before = torch.matmul(heap, upto(heap.shape[2], heap))
    after = heap.sum(2, keepdim=True) - before
    return torch.minimum(before, after) / (torch.maximum(before, after) + 1e-3)
