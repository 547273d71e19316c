"""A picture pasted on a page of another colour: where it is, and what its paper is."""

import torch
from torch import Tensor

from digits_models.drawing import upto
from digits_models.ramps import ramp
from digits_models.resample import resample_matrix, resample_planes
from digits_models.surface import border


def pasted(page: Tensor, side: int = 10) -> tuple[Tensor, Tensor]:
    """How much of a page is margin, of one colour, around a picture with paper of its own.

    A margin is what equals the page's outermost row or column. Around a digit it reaches to the
    digit's box; so it only counts as a margin if that box is filled, from corner to corner, as no
    digit's is.

    Args:
        page: [N, 3, P, P] of 0…1.
        side: Cells along the side of the picture, to look at what fills it.

    Returns:
        Samples of the margins above, at the left, below and at the right, [N, 4], 0 where there are
        none; and the colour along the picture's edges, [N, 3, 1, 1].
    """
    samples = page.shape[3]
    plane = page[:, 1:2]  # green stands for all three
    depth, level = margins(plane)
    first, last = depth[:, :2], samples - depth[:, 2:]
    span = (last - first).clamp(min=1.0).reshape(-1, 2, 1, 1)
    start = first.reshape(-1, 2, 1, 1) + 0.03 * span
    matrices = resample_matrix(start, span * (0.94 / side), side, samples, extend=True)
    cells = resample_planes(page, matrices[:, :1], matrices[:, 1:])
    there = depth.clamp(max=1.0)
    filled = picture(cells[:, 1:2], level.unsqueeze(3), there)
    short, long = span.flatten(1).aminmax(dim=1, keepdim=True)
    filled = filled * ramp(short / long, 0.4, 0.5) * ramp(short / samples, 0.15, 0.25)
    # The sample at the edge is of both.
    return (depth + there) * filled, border(cells).mean(2).reshape(-1, 3, 1, 1)


def margins(plane: Tensor) -> tuple[Tensor, Tensor]:
    """Samples of [N, 1, P, P] from each side on that are as the outermost, [N, 4]; its level."""
    high = torch.cat([plane.amax(3), plane.amax(2)], 1)
    low = torch.cat([plane.amin(3), plane.amin(2)], 1)
    high, low = torch.cat([high, high.flip([2])], 1), torch.cat([low, low.flip([2])], 1)
    other = torch.maximum(high - low[:, :, :1], high[:, :, :1] - low)
    sums = torch.matmul(ramp(other, 0.06, 0.12), upto(plane.shape[3], plane))
    return (1.0 - sums).clamp(min=0.0).sum(2), 0.5 * (high + low)[:, :, :1]


def picture(cells: Tensor, level: Tensor, there: Tensor) -> Tensor:
    """Whether cells [N, 1, S, S] are another colour than the margins [N, 4, 1, 1], [N, 1].

    Args:
        cells: Of the picture, or of the box of a digit.
        level: Of the margins.
        there: [N, 4], whether there is a margin.
    """
    apart = (cells - level).abs()
    other = ramp(apart, 0.08, 0.16)
    sides = torch.stack([other[:, 0, 0], other[:, 1, :, 0], other[:, 2, -1], other[:, 3, :, -1]], 1)
    filled = torch.minimum(ramp(sides.mean(2), 0.5, 0.75), ramp(other.mean([2, 3]), 0.6, 0.75))
    low, high = apart[:, :, [0, 0, -1, -1], [0, -1, 0, -1]].aminmax(dim=2)
    filled = filled * ramp(low, 0.08, 0.16) * ramp(low / high.clamp(min=1e-3), 0.6, 0.8)
    return (1.0 - there * (1.0 - filled)).amin(1, keepdim=True)
