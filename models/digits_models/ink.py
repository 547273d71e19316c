"""The `ink` front end: finds the digit on paper, screen or board and draws it as MNIST would.

It looks twice. The first look takes in the whole page on a coarse grid: background, colour of the
ink, and which ink belongs to the digit. The second looks closer at the window that was found:
strokes, their width, the exact box. From that it draws the canvas: light ink on black, the longer
side 20 pixels, strokes not thinner than MNIST's, the centre of mass in the middle of 28×28.

Every decision is a ramp, not a step: two engines that differ in the last bit then give the same
canvas up to a grey level. (With hard thresholds, one canvas in thirty differed visibly.)

The graph is kept small, since opening it costs a cold start about a quarter of a millisecond a
node: both axes go through the same operations, and sums are products with constant matrices.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.resample import (
    grey_levels,
    resample_matrix,
    resample_planes,
    sample_window,
)
from digits_models.surface import Surface, border_median


class Ink(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence.

    - canvas uint8 [N, 28, 28];
    - clean uint8 [N, 96, 96]: the ink of the whole page, the page centred in a square;
    - box float [N, 4]: left, top, right, bottom of the digit, in pixels of the image;
    - evidence float [N, 3]: contrast, how far the ink is from the paper (0…√3, the distance of
      colours in 0…1); noise, how far the quietest part of the page is from an even surface (the
      same unit); width of the strokes (in pixels of the 20-pixel box).

    Floats have the dtype of the buffers.
    """

    evidence_names = ("contrast", "noise", "stroke")

    grid: Final[int] = 48
    """Cells along the side of the page in the first look."""
    oversampling: Final[int] = 2
    """Samples along the side of a cell: a line thinner than a cell still stands out."""
    fine: Final[int] = 48
    """Samples along the side of the window in the second look."""
    faintest: Final[float] = 0.004
    """Noise that even the cleanest page is taken to have, a grey level of 255."""
    doubtful: Final[float] = 4.0
    """Contrast over noise up to which nothing counts as ink; noise alone stays below 3."""
    certain: Final[float] = 7.0
    """Contrast over noise from which on ink is ink; people's faintest digits had 10."""

    def __init__(self) -> None:
        super().__init__()
        self.surface = Surface(self.grid)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Find the digit and draw it; shapes and units as the class says."""
        count, height, width = image.shape[0], image.shape[1], image.shape[2]
        pixels = image.to(self.surface.fit.dtype).reshape(count, height, -1)
        origin = torch.zeros_like(pixels[:, :1, :1])
        tall, wide = origin + height, origin + width
        cell = torch.maximum(tall, wide) * (1.0 / self.grid)
        half = cell * (self.grid * 0.5)
        top, left = tall * 0.5 - half, wide * 0.5 - half

        scale = cell / self.oversampling
        page = sample_window(pixels, width, top, left, scale, self.grid * self.oversampling)
        size, start = torch.stack([tall, wide], 1), torch.stack([top, left], 1)
        paper, colour = self.light(page, size, start, scale.unsqueeze(1))
        distance = ink_distance(page - paper, colour)
        coarse = functional.max_pool2d(distance, self.oversampling)
        contrast, noise = ink_level(coarse), quietest(coarse)
        present = ramp(contrast / (noise + self.faintest), self.doubtful, self.certain)
        clean = ramp(distance / contrast, 0.35, 0.65) * present
        mask = functional.max_pool2d(clean, self.oversampling)
        keep = self.digit_only(mask)

        edges = ink_edges(mask * keep)
        side = (edges[:, 1] - edges[:, 0]).amax(1, keepdim=True).unsqueeze(2) + 3.0
        side = side.clamp(min=2.0)
        corner = edges.mean(1).unsqueeze(2).unsqueeze(3) - 0.5 * side.unsqueeze(1)
        step = side * (1.0 / self.fine)
        y, x = top + corner[:, 0] * cell, left + corner[:, 1] * cell
        close = sample_window(pixels, width, y, x, step * cell, self.fine)
        matrices = resample_matrix(corner, step.unsqueeze(1), self.fine, self.grid, extend=True)
        keep = functional.max_pool2d(keep, 3, 1, 1)
        paper = functional.avg_pool2d(paper, self.oversampling)
        planes = resample_planes(torch.cat([paper, keep], 1), matrices[:, :1], matrices[:, 1:])
        distance = ink_distance(close - planes[:, :3], colour) * planes[:, 3:]
        level = torch.maximum(ink_level(distance), 0.5 * contrast)
        canvas, edges, stroke = draw(ramp(distance / level, 0.25, 0.85) * present)

        scale = (step * cell).reshape(-1, 1, 1)
        origin = torch.stack([x, y], 1).reshape(-1, 1, 2)
        limit = torch.stack([wide, tall], 1).reshape(-1, 1, 2)
        box = inside(origin + edges.flip([2]) * scale, limit)
        evidence = torch.stack([contrast.flatten(), noise.flatten(), stroke.flatten()], 1)
        return canvas, grey_levels(clean).squeeze(1), box, evidence

    def light(
        self, page: Tensor, size: Tensor, start: Tensor, step: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Tell paper from ink.

        The surface is fitted to the image alone: the edges that make the page square would bend it.

        Args:
            page: [N, 3, P, P].
            size: Height and width of the image, [N, 2, 1, 1], in pixels.
            start: Where the page begins in the image, down and across, [N, 2, 1, 1], in pixels.
            step: Side of a sample of the page, [N, 1, 1, 1], in pixels.

        Returns:
            The page without its ink, [N, 3, P, P], and the colour of the ink [N, 3, 1, 1]: a unit
            vector from the paper towards it, for dark, light and coloured ink alike.
        """
        samples, cell = page.shape[3], size / self.grid
        crop = resample_matrix(-start / step, cell / step, self.grid, samples, extend=True)
        image = resample_planes(page, crop[:, :1], crop[:, 1:])
        light = self.surface(image, border_median(page))
        spread = resample_matrix(start / cell, step / cell, samples, self.grid, extend=True)
        return resample_planes(light, spread[:, :1], spread[:, 1:]), ink_colour(image - light)

    def digit_only(self, mask: Tensor) -> Tensor:
        """Ink [N, 1, G, G] in 0…1 → the connected part with the most ink, as 0…1.

        Each cell starts with the ink around it, and connected cells raise each other to the highest
        value among them; gaps of a cell or two are bridged. What stays well below the best is not
        the digit.
        """
        joined = functional.max_pool2d(mask, 4, 2, 1)
        amount = functional.avg_pool2d(mask, 14, 2, 6)
        value = torch.minimum(amount / (amount.amax([2, 3], keepdim=True) + 1e-6), joined)
        for _ in range(8):  # of two cells each: as far as any stroke winds
            value = torch.minimum(functional.max_pool2d(value, 5, 1, 2), joined)
        keep = ramp(value, 0.3, 0.5)
        return functional.interpolate(keep, scale_factor=2.0, mode="nearest")


def ink_colour(difference: Tensor) -> Tensor:
    """Direction from paper to ink: difference [N, 3, h, w] → unit vector [N, 3, 1, 1].

    The more a cell differs, the more it counts; so it is that of the ink, be it dark, light or
    coloured.
    """
    weight = difference.square().sum(1, keepdim=True)
    colour = (weight * difference).sum([2, 3], keepdim=True)
    # Not `+ 1e-9`: the exporter's optimiser takes that for zero, and a blank page gives NaN.
    return colour / colour.square().sum(1, keepdim=True).sqrt().clamp(min=1e-6)


def ink_distance(difference: Tensor, colour: Tensor) -> Tensor:
    """How far each pixel goes from the paper towards the ink: [N, 3, h, w] → [N, 1, h, w]."""
    return (difference * colour).sum(1, keepdim=True)


def ink_level(distance: Tensor) -> Tensor:
    """Mean distance of the ink, [N, 1, 1, 1].

    Args:
        distance: [N, 1, h, w], about 0 on paper. A soft k-means finds the rest.
    """
    level = distance.amax([2, 3], keepdim=True) + 1e-4
    for _ in range(2):
        ink = torch.sigmoid(distance * (6.5 / level) - 3.25)
        level = (ink * distance).sum([2, 3], keepdim=True) / ink.sum([2, 3], keepdim=True) + 1e-4
    return level


def quietest(distance: Tensor) -> Tensor:
    """Root mean square of the quietest block, [N, 1, 1, 1], in [N, 1, h, w]: the noise of paper."""
    return functional.avg_pool2d(distance.square(), 8, 4).amin([2, 3], keepdim=True).sqrt()


def ramp(values: Tensor, zero: float, one: float) -> Tensor:
    """Linear from 0 at `zero` to 1 at `one`, flat outside."""
    return (values * (1.0 / (one - zero)) - zero / (one - zero)).clamp(0.0, 1.0)


def ink_edges(ink: Tensor) -> Tensor:
    """Where the ink begins and ends, as continuous positions.

    Args:
        ink: [N, 1, h, h] of 0…1.

    Returns:
        [N, 2, 2]: the first and the last edge, down and across.
    """
    profiles = torch.cat([ink.amax(3), ink.amax(2)], 1)
    size = ink.shape[3]
    order = torch.arange(size, device=ink.device)
    upto = (order.unsqueeze(1) <= order.unsqueeze(0)).to(ink.dtype)
    before = (1.0 - torch.matmul(profiles, upto)).clamp(min=0.0).sum(2)
    after = (1.0 - torch.matmul(profiles, upto.transpose(0, 1))).clamp(min=0.0).sum(2)
    return torch.stack([before, size - after], 1)


def inside(edges: Tensor, limit: Tensor) -> Tensor:
    """Edges [N, 2, 2] cut at the image's → box [N, 4], and a box even where there was no ink."""
    edges = torch.minimum(edges.clamp(min=0.0), limit)
    return torch.cat([edges.amin(1), edges.amax(1)], 1)


def draw(
    ink: Tensor, side: int = 28, longest: float = 20.0, width: float = 2.6
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the ink of the window, [N, 1, F, F].

    Returns:
        The canvas uint8 [N, 28, 28]; the edges [N, 2, 2] in pixels of the window; the strokes'
        width [N, 1, 1] in pixels of the canvas.
    """
    solid = ramp(ink, 0.2, 0.5)
    edges = ink_edges(solid)
    long = (edges[:, 1] - edges[:, 0]).amax(1).clamp(min=1.0).reshape(-1, 1, 1, 1)
    # A rim of one pixel on both sides of a stroke has 2 pixels for each of its length if it runs
    # along an axis, 2.8 if it runs diagonally.
    area = solid.sum([2, 3], keepdim=True)
    rim = functional.max_pool2d(solid, 3, 1, 1).sum([2, 3], keepdim=True) - area
    stroke = 2.4 * area / (rim + 1e-3)
    radius = ((width / longest * long - stroke) * 0.5).clamp(0.0, 3.0)
    once = functional.max_pool2d(ink, 3, 1, 1)
    twice = functional.max_pool2d(once, 3, 1, 1)
    thrice = functional.max_pool2d(twice, 3, 1, 1)
    thick = (
        ink
        + (once - ink) * radius.clamp(max=1.0)
        + (twice - once) * (radius - 1.0).clamp(0.0, 1.0)
        + (thrice - twice) * (radius - 2.0).clamp(0.0, 1.0)
    )

    step = (long + 2.0 * radius) / longest
    size = ink.shape[3]
    position = (torch.arange(size, device=ink.device).to(ink.dtype) + 0.5).unsqueeze(1)
    profiles = torch.cat([thick.sum(3), thick.sum(2)], 1)
    mass = torch.matmul(profiles, position) / (profiles.sum(2, keepdim=True) + 1e-3)
    start = mass.unsqueeze(3) - side / 2 * step
    matrices = resample_matrix(start, step, side, size, extend=False)
    canvas = resample_planes(thick, matrices[:, :1], matrices[:, 1:]).squeeze(1)
    peak = canvas.amax([1, 2], keepdim=True).clamp(min=0.5)
    return grey_levels(canvas / peak), edges, stroke / long * longest
