"""The search for the digit on a page: where it is, and how it looks drawn as MNIST would.

It looks twice. The first look takes in the whole page: the light on it, the axis of colour along
which strokes differ from the paper, which end of it is ink, what is too wide for a stroke, and
which ink belongs to the digit. The second looks closer at the window that was found: strokes, their
width, the exact box. From that it draws the canvas: light ink on black, the longer side 20 pixels,
strokes not thinner than MNIST's, the centre of mass in the middle of 28×28.

Batches are fast because small images stay small: the page has as many samples as the image has
pixels, from 28 to 96 along the side; and as soon as the axis is known, one plane does for three.
"""

from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.contrast import ink_level, quietest, visible
from digits_models.drawing import draw, ink_edges
from digits_models.ground import bars, ground, ink_axis
from digits_models.margins import beyond, depths, inside
from digits_models.parts import Parts
from digits_models.pasted import pasted
from digits_models.ramps import ramp
from digits_models.resample import (
    resample_matrix,
    resample_planes,
    sample_axis,
    sample_page,
)
from digits_models.sampling import page_samples
from digits_models.surface import Surface, border_median


class Search(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence, as `Ink` says, but all floats.

    Canvas [N, 1, 28, 28] and clean [N, 1, P, P] are 0…1.
    """

    grid: Final[int] = 24
    """Cells along the side of the page: for light, for what is wide, for parts."""
    smallest: Final[int] = 28
    """Samples along the side of the page, of a small image."""
    largest: Final[int] = 96
    """The same, of a large one."""
    fine: Final[int] = 48
    """Samples along the side of the window in the second look, at most."""

    def __init__(self) -> None:
        super().__init__()
        self.surface = Surface(self.grid)
        self.parts = Parts(self.grid)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Find the digit and draw it; shapes and units as the class says."""
        count, height, width = image.shape[0], image.shape[1], image.shape[2]
        samples, close = page_samples(height, width, self.smallest, self.largest, self.fine)
        pixels = image.to(self.surface.fit.dtype).reshape(count, height, -1)
        zero = torch.zeros_like(self.surface.fit[:1, :1])
        tall, wide = zero + height, zero + width
        square = torch.maximum(tall, wide)
        scale = square / samples
        size, start = torch.stack([tall, wide]), torch.stack([tall - square, wide - square]) * 0.5

        rows = resample_matrix(start[0], scale, samples, height, extend=True)
        columns = resample_matrix(start[1], scale, samples, width, extend=True)
        page = sample_page(pixels, rows, columns)
        margins, paper = pasted(page)
        axis, light = self.light(page, size, start, scale, margins, paper)
        bare = torch.matmul(axis, page.flatten(2)).reshape(count, 1, samples, samples) - light
        spread = resample_matrix(
            zero, self.grid / (zero + samples), samples, self.grid, extend=True
        )
        whole = bare
        reduced = resample_matrix(
            zero, (zero + samples) / self.grid, self.grid, samples, extend=True
        )
        cells = resample_planes(bare, reduced, reduced)
        sides = bars(cells, spread) * (1.0 - margins.clamp(max=1.0)).reshape(-1, 4, 1, 1)
        margins = torch.maximum(margins, (-start / scale).flatten().repeat(2))
        down, across = depths(margins, samples)
        bare = beyond(bare, sides, down, across)
        inner = inside(down, across)
        rim = inner - inside(down - 1.0, across - 1.0)
        slope = resample_planes(light, reduced, reduced)
        slope = slope - slope.mean([2, 3], keepdim=True)
        sign, hills = ground(resample_planes(bare, reduced, reduced), slope)
        hills = resample_planes(hills, spread, spread)
        distance = sign * bare - hills
        contrast = ink_level(functional.max_pool2d(distance, 2))
        noise = quietest(sign * whole - hills)  # what was filled in has none
        present = visible(contrast, noise)
        clean = ramp(distance / contrast, 0.35, 0.65) * present
        margin = start * (-self.grid / square)
        cover = resample_planes(clean, reduced, reduced)
        cut = resample_planes(clean * rim, reduced, reduced)
        keep, others = self.parts(cover, cut, margin)
        keep = resample_planes(keep, spread, spread) * inner

        corner, step = window(ink_edges(clean * keep), scale, samples, close)
        place = start.unsqueeze(0) + corner * scale
        pixel = step * scale
        rows = resample_matrix(place[:, 0], pixel, close, height, extend=True)
        columns = resample_matrix(place[:, 1], pixel, close, width, extend=True)
        seen = sample_axis(pixels, rows, columns, sign.reshape(-1, 1, 1) * axis)
        matrices = resample_matrix(corner, step.unsqueeze(1), close, samples, extend=True)
        planes = torch.cat([sign * light + hills, functional.max_pool2d(keep, 3, 1, 1)], 1)
        planes = resample_planes(planes, matrices[:, :1], matrices[:, 1:])
        distance = (seen - planes[:, :1]) * planes[:, 1:]
        level = torch.maximum(ink_level(distance), 0.5 * contrast)
        ink = shade(distance / level, pixel * close) * present
        canvas, edges, stroke, split = draw(ink, pixel)

        box = cropped(place.reshape(-1, 1, 2) + edges * pixel, size)
        figures = [contrast, noise, stroke, present, torch.maximum(others, split)]
        evidence = torch.cat([figure.flatten(1) for figure in figures], 1)
        return canvas, clean, box, evidence

    def light(
        self,
        page: Tensor,
        size: Tensor,
        start: Tensor,
        scale: Tensor,
        margins: Tensor,
        paper: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """The axis of the ink's colour, and the light on the page along it.

        The surface is fitted to the image alone: the edges that make the page square would bend it.

        Args:
            page: [N, 3, P, P].
            size: Height and width of the image, [2, 1, 1], in pixels.
            start: Where the page begins in the image, down and across, [2, 1, 1], in pixels.
            scale: Side of a sample of the page, [1, 1], in pixels.
            margins: Around a pasted picture, [N, 4], in samples; 0 where there is none.
            paper: Along that picture's edges, [N, 3, 1, 1]; it takes the place of the margins.

        Returns:
            The axis [N, 1, 3]; the page without its ink along that axis, [N, 1, P, P].
        """
        samples, cell = page.shape[3], size / self.grid
        crop = resample_matrix(-start / scale, cell / scale, self.grid, samples, extend=True)
        image = resample_planes(page, crop[0], crop[1])
        near = (margins + (start / scale).flatten().repeat(2)) * (scale / cell).flatten().repeat(2)
        # A cell that is margin in part has some of its colour.
        near = (near + 0.75) * margins.clamp(max=1.0)
        down, across = depths(near, self.grid)
        image = paper + inside(down, across) * (image - paper)
        light = self.surface(image, border_median(image))
        axis = ink_axis(image - light)
        light = torch.matmul(axis, light.flatten(2)).reshape(-1, 1, self.grid, self.grid)
        spread = resample_matrix(start / cell, scale / cell, samples, self.grid, extend=True)
        return axis, resample_planes(light, spread[0], spread[1])


def window(edges: Tensor, scale: Tensor, samples: int, close: int) -> tuple[Tensor, Tensor]:
    """Where to look closer.

    Args:
        edges: [N, 2, 2] of the digit, in samples of the page.
        scale: Pixels in a sample of the page, [1, 1].
        samples: Of the page.
        close: Of the window.

    Returns:
        The window's corner [N, 2, 1, 1], down and across, within the page, and the side of its
        samples [N, 1, 1], at least a pixel; both in samples of the page.
    """
    side = (edges[:, 1] - edges[:, 0]).amax(1).reshape(-1, 1, 1) * 1.15 + 3.0
    step = torch.maximum(side / close, 1.0 / scale).clamp(max=samples / close)
    span = step * close
    corner = edges.mean(1).unsqueeze(2) - 0.5 * span
    return torch.minimum(corner.clamp(min=0.0), samples - span).unsqueeze(3), step


def shade(ink: Tensor, side: Tensor) -> Tensor:
    """Separate ink [N, 1, F, F] from paper, where 0 is paper and 1 the mean of ink.

    What is about as large as on the canvas keeps its grey levels; reducing gives others new ones.

    Args:
        ink: [N, 1, F, F].
        side: Of the window, [N, 1, 1], in pixels of the image.
    """
    soft = ramp(side.unsqueeze(1), 62.5, 37.5)
    return ((ink - (0.25 - 0.15 * soft)) / (0.6 + 0.2 * soft)).clamp(0.0, 1.0)


def cropped(edges: Tensor, size: Tensor) -> Tensor:
    """Edges [N, 2, 2], down and across, cut at the image's size [2, 1, 1].

    Returns:
        The box [N, 4]: left, top, right, bottom, with a place even where there was no ink.
    """
    edges = torch.minimum(edges.clamp(min=0.0), size.reshape(1, 1, 2)).flip([2])
    return torch.cat([edges.amin(1), edges.amax(1)], 1)
