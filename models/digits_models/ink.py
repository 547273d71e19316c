"""The `ink` front end: finds the digit on paper, screen or board and draws it as MNIST would.

It looks twice. The first look takes in the whole page on a coarse grid: background, colour of the
ink, and which ink belongs to the digit. The second looks closer at the window that was found:
strokes, their width, the exact box. From that it draws the canvas: light ink on black, the longer
side 20 pixels, strokes not thinner than MNIST's, the centre of mass in the middle of 28×28.

Every decision is a ramp, not a step: two engines that differ in the last bit then give the same
canvas up to a grey level. (With hard thresholds, one canvas in thirty differed visibly.)
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
from digits_models.surface import Surface


class Ink(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence.

    - canvas uint8 [N, 28, 28];
    - clean uint8 [N, 96, 96]: the ink of the whole page, the page centred in a square;
    - box float [N, 4]: left, top, right, bottom of the digit, in pixels of the image;
    - evidence float [N, 3]: contrast of the ink (0…√3, the distance of colours in 0…1), noise of
      the page (the same unit), width of the strokes (in pixels of the 20-pixel box).

    Floats have the dtype of the buffers.
    """

    evidence_names = ("contrast", "noise", "stroke")

    grid: Final[int] = 48
    """Cells along the side of the page in the first look."""
    oversampling: Final[int] = 2
    """Samples along the side of a cell: a line thinner than a cell still stands out."""
    fine: Final[int] = 48
    """Samples along the side of the window in the second look."""
    faintest: Final[float] = 0.04
    """Contrast below which nothing counts as ink."""
    noise_factor: Final[float] = 3.0
    """Ink must stand out from the noise of the page by this factor."""

    enlarge: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.surface = Surface(self.grid)
        ones = torch.ones(1, dtype=torch.float64)
        enlarge = resample_matrix(
            0 * ones,
            ones / self.oversampling,
            self.grid * self.oversampling,
            self.grid,
            extend=True,
        )
        self.register_buffer("enlarge", enlarge.float())

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Find the digit and draw it; shapes and units as the class says."""
        count, height, width = image.shape[0], image.shape[1], image.shape[2]
        pixels = image.to(self.enlarge.dtype).reshape(count, height, -1)
        origin = torch.zeros_like(pixels[:, 0, 0])
        tall, wide = origin + height, origin + width
        cell = torch.maximum(tall, wide) / self.grid
        top, left = (tall - cell * self.grid) / 2, (wide - cell * self.grid) / 2

        page = sample_window(
            pixels, width, top, left, cell / self.oversampling, self.grid * self.oversampling
        )
        background, colour = self.background(functional.avg_pool2d(page, self.oversampling))
        paper = resample_planes(background, self.enlarge, self.enlarge)
        distance = ink_distance(page, paper, colour)
        coarse = functional.max_pool2d(distance, self.oversampling)
        low, high = two_means(coarse)
        noise = background_noise(coarse, low, high)
        least = self.faintest + self.noise_factor * noise
        high = torch.maximum(high, least)
        clean = ramp(distance, 0.65 * low + 0.35 * high, low * 0.35 + high * 0.65)
        mask = functional.max_pool2d(clean, self.oversampling)
        keep = self.digit_only(mask)

        y0, x0, side = window_around(mask * keep)
        step = side / self.fine
        y, x = top + y0 * cell, left + x0 * cell
        close = sample_window(pixels, width, y, x, step * cell, self.fine)
        rows = resample_matrix(y0, step, self.fine, self.grid, extend=True)
        columns = resample_matrix(x0, step, self.fine, self.grid, extend=True)
        distance = ink_distance(close, resample_planes(background, rows, columns), colour)
        keep = functional.max_pool2d(keep, 3, 1, 1)
        canvas, box, stroke = draw(
            self.strokes(distance, resample_planes(keep, rows, columns), least)
        )

        corner = torch.stack([x, y], 1).repeat(1, 2)
        box = inside(corner + box * (step * cell).unsqueeze(1), wide, tall)
        evidence = torch.stack([high.reshape(-1), noise.reshape(-1), stroke], 1)
        return canvas, grey_levels(clean).squeeze(1), box, evidence

    def background(self, page: Tensor) -> tuple[Tensor, Tensor]:
        """Tell paper from ink.

        Args:
            page: [N, 3, G, G].

        Returns:
            The page without its ink, [N, 3, G, G], and the colour of the ink [N, 3, 1, 1]: a unit
            vector from the background towards it, for dark, light and coloured ink alike.
        """
        background = self.surface(page)
        difference = page - background
        distance = difference.square().sum(1, keepdim=True).sqrt()
        low, high = two_means(distance)
        colour = (membership(distance, low, high) * difference).sum([2, 3], keepdim=True)
        return background, colour / (colour.square().sum(1, keepdim=True).sqrt() + 1e-6)

    def strokes(self, distance: Tensor, keep: Tensor, least: Tensor) -> Tensor:
        """Ink of the window as 0…1: [N, 1, F, F], where `keep` is 1, and no fainter than `least`."""
        distance = distance * keep
        low, high = two_means(distance)
        high = torch.maximum(high, least)
        return ramp(distance, 0.75 * low + 0.25 * high, 0.15 * low + 0.85 * high)

    def digit_only(self, mask: Tensor) -> Tensor:
        """Ink [N, 1, G, G] in 0…1 → the connected part with the most ink, as 0…1.

        Each cell starts with the ink around it, and connected cells raise each other to the highest
        value among them; gaps of a cell or two are bridged. What stays well below the best is not
        the digit.
        """
        joined = functional.max_pool2d(functional.max_pool2d(mask, 2), 3, 1, 1)
        amount = functional.avg_pool2d(mask, 14, 2, 6)
        amount = amount / (amount.amax([2, 3], keepdim=True) + 1e-6)
        value = torch.minimum(amount, joined)
        for _ in range(24):
            value = torch.minimum(functional.max_pool2d(value, 3, 1, 1), joined)
        keep = ((value - 0.3) / 0.2).clamp(0.0, 1.0)
        return keep.repeat_interleave(2, dim=2).repeat_interleave(2, dim=3)


def ink_distance(page: Tensor, background: Tensor, colour: Tensor) -> Tensor:
    """How far each pixel goes from the background towards the ink: [N, 3, h, w] → [N, 1, h, w]."""
    return ((page - background) * colour).sum(1, keepdim=True)


def membership(distance: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """0 at the background's mean, 1 at the ink's, one half between."""
    return torch.sigmoid((distance - (low + high) / 2) / (0.15 * (high - low) + 1e-4))


def two_means(distance: Tensor) -> tuple[Tensor, Tensor]:
    """Means of background and ink, [N, 1, 1, 1] each, of [N, 1, h, w]: soft k-means."""
    cells = float(distance.shape[2] * distance.shape[3])
    total = distance.sum([2, 3], keepdim=True)
    high = distance.amax([2, 3], keepdim=True)
    low = torch.zeros_like(high)
    for _ in range(3):
        ink = membership(distance, low, high)
        count, amount = ink.sum([2, 3], keepdim=True), (ink * distance).sum([2, 3], keepdim=True)
        high = amount / (count + 1e-3)
        low = (total - amount) / (cells - count + 1e-3)
    return low, high


def background_noise(distance: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """Root mean square of what isn't ink: [N, 1, h, w] → [N, 1, 1, 1]."""
    paper = torch.sigmoid(((low + high) / 2 - distance) / (0.1 * (high - low) + 1e-4))
    return (distance * paper).square().mean([2, 3], keepdim=True).sqrt()


def ramp(values: Tensor, zero: Tensor, one: Tensor) -> Tensor:
    """Linear from 0 at `zero` to 1 at `one`, flat outside."""
    return ((values - zero) / (one - zero + 1e-4)).clamp(0.0, 1.0)


def extent(profile: Tensor) -> tuple[Tensor, Tensor]:
    """First and last position with ink in a profile [N, L] of 0…1, as continuous positions [N]."""
    before = (1.0 - profile.cumsum(1).clamp(0.0, 1.0)).sum(1)
    after = (1.0 - profile.flip([1]).cumsum(1).clamp(0.0, 1.0)).sum(1)
    return before, profile.shape[1] - after


def ink_box(ink: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Left, right, top, bottom of the ink [N, 1, h, w], each [N]."""
    left, right = extent(ink.amax([1, 2]))
    top, bottom = extent(ink.amax([1, 3]))
    return left, right, top, bottom


def inside(box: Tensor, width: Tensor, height: Tensor) -> Tensor:
    """Box [N, 4] cut at the image's edges, and a box even where there was no ink."""
    limit = torch.stack([width, height], 1)
    first, second = torch.minimum(box[:, :2], box[:, 2:]), torch.maximum(box[:, :2], box[:, 2:])
    zero = torch.zeros_like(limit)
    return torch.cat(
        [
            torch.minimum(first.clamp(min=0.0), limit),
            torch.minimum(torch.maximum(second, zero), limit),
        ],
        1,
    )


def window_around(ink: Tensor, margin: float = 1.5) -> tuple[Tensor, Tensor, Tensor]:
    """Top, left and side, each [N], of the square around the ink [N, 1, h, w], in its cells."""
    x0, x1, y0, y1 = ink_box(ink)
    side = torch.maximum(x1 - x0, y1 - y0) + 2 * margin
    side = side.clamp(min=2.0)
    return (y0 + y1 - side) / 2, (x0 + x1 - side) / 2, side


def stroke_width(ink: Tensor) -> Tensor:
    """Twice the area over the length of the outline, in pixels: [N, 1, h, w] → [N]."""
    steps = (ink[:, :, :, 1:] - ink[:, :, :, :-1]).abs().sum([1, 2, 3])
    steps = steps + (ink[:, :, 1:] - ink[:, :, :-1]).abs().sum([1, 2, 3])
    # Steps along both axes overestimate the length of a slanted line; π/4 is the mean over all
    # directions.
    return 2.0 * ink.sum([1, 2, 3]) / (0.785398 * steps + 1e-3)


def thicken(ink: Tensor, radius: Tensor) -> Tensor:
    """Dilate by `radius` [N] of 0…3 pixels, by blending whole-pixel dilations."""
    amount = radius.reshape(-1, 1, 1, 1)
    once = functional.max_pool2d(ink, 3, 1, 1)
    twice = functional.max_pool2d(once, 3, 1, 1)
    thrice = functional.max_pool2d(twice, 3, 1, 1)
    return (
        ink
        + (once - ink) * amount.clamp(0.0, 1.0)
        + (twice - once) * (amount - 1.0).clamp(0.0, 1.0)
        + (thrice - twice) * (amount - 2.0).clamp(0.0, 1.0)
    )


def draw(
    ink: Tensor, side: int = 28, longest: float = 20.0, width: float = 2.6
) -> tuple[Tensor, Tensor, Tensor]:
    """Draw the ink of the window, [N, 1, F, F].

    Returns:
        The canvas uint8 [N, 28, 28]; the box [N, 4] in pixels of the window; the strokes' width
        [N] in pixels of the canvas.
    """
    solid = ((ink - 0.2) / 0.3).clamp(0.0, 1.0)
    left, right, top, bottom = ink_box(solid)
    long = torch.maximum(right - left, bottom - top).clamp(min=1.0)
    stroke = stroke_width(solid)
    radius = ((width * long / longest - stroke) / 2).clamp(0.0, 3.0)
    thick = thicken(ink, radius)

    step = (long + 2.0 * radius) / longest
    size = ink.shape[3]
    position = torch.arange(size, device=ink.device).to(ink.dtype) + 0.5
    total = thick.sum([1, 2, 3]) + 1e-3
    down = (thick.sum([1, 3]) * position).sum(1) / total
    across = (thick.sum([1, 2]) * position).sum(1) / total
    rows = resample_matrix(down - side / 2 * step, step, side, size, extend=False)
    columns = resample_matrix(across - side / 2 * step, step, side, size, extend=False)
    canvas = resample_planes(thick, rows, columns).squeeze(1)
    peak = canvas.amax([1, 2], keepdim=True)
    box = torch.stack([left, top, right, bottom], 1)
    return grey_levels(canvas / peak.clamp(min=0.5)), box, stroke / long * longest
