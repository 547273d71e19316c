"""The ground that ink stands on: its direction of colour, and what is wide rather than a stroke."""

import torch
from torch import Tensor
from torch.nn import functional

from digits_models.ramps import ramp


def ink_axis(difference: Tensor) -> Tensor:
    """The axis of colour along which strokes differ from what surrounds them.

    The principal axis of the covariance of local differences, by squaring the matrix. The more a
    cell differs, the more it counts: the axis is that of the ink, be it dark, light or coloured.

    Args:
        difference: [N, 3, h, w], colours less those of the paper.

    Returns:
        [N, 1, 3], of length 1, up to its sign (0 where nothing differs).
    """
    local = difference - functional.avg_pool2d(difference, 9, 1, 4)
    weighted = local * (local * local).sum(1, keepdim=True)
    spread = torch.matmul(weighted.flatten(2), local.flatten(2).transpose(1, 2))
    for _ in range(3):
        spread = spread / spread.abs().amax([1, 2], keepdim=True).clamp(min=1e-12)
        spread = torch.matmul(spread, spread)
    # Any direction does, but for one that is at a right angle to the axis.
    probe = torch.tensor([0.9, 0.67, 0.41], dtype=spread.dtype, device=spread.device)
    axis = (spread * probe).sum(2)
    # Not `+ 1e-9`: the exporter's optimiser takes that for zero, and a blank page gives NaN.
    return (axis / axis.square().sum(1, keepdim=True).sqrt().clamp(min=1e-6)).unsqueeze(1)


def ground(bare: Tensor, slope: Tensor) -> tuple[Tensor, Tensor]:
    """Which end of the axis is ink, and what lies in that direction without being a stroke.

    The strokes' side is the one that is not around what is thin. Wide things of the ink's own
    colour (shadows, bars, the page around a picture) are found by a morphological opening (Serra,
    "Image Analysis and Mathematical Morphology", 1982), which keeps their edges where they are.
    It is done twice: a shadow's edge bends the light that was fitted to the page, and is a step
    only where that light isn't taken off.

    Args:
        bare: [N, 1, G, G], distance from the paper along the axis.
        slope: [N, 1, G, G], how far the light on the paper is from one level, along the same.

    Returns:
        Sign [N, 1, 1, 1], -1…1, 1 where ink is at the positive end; and hills [N, 1, G, G], to be
        taken off the distance times that sign.
    """
    planes = torch.cat([bare, bare + slope, -bare, -bare - slope], 1)
    grown = functional.max_pool2d(continued(planes), 5, 1, 2)
    thin = planes[:, ::2] - opened(grown[:, ::2, 1:-1, 1:-1], 5, 1)
    sign = ink_sign(bare, thin.clamp(min=0.0))
    grown = functional.max_pool2d(grown, 3, 1, 1)
    steps = opened(grown[:, 1::2, 1:-1, 1:-1], 7, 0) - torch.cat([slope, -slope], 1)
    hills = torch.maximum(opened(grown[:, ::2], 7, 1), steps)
    return sign, 0.5 * ((1.0 + sign) * hills[:, :1] + (1.0 - sign) * hills[:, 1:])


def bars(bare: Tensor, spread: Tensor) -> Tensor:
    """What along the edges of a page is too wide for a stroke.

    Args:
        bare: [N, 1, G, G], distance from the paper along the axis.
        spread: [P, G], enlarges to the samples of the page.

    Returns:
        Above, below, left and right, [N, 4, 1, P].
    """
    across, down = bare[:, 0], bare[:, 0].transpose(1, 2)
    edges = torch.stack([across[:, 0], across[:, -1], down[:, 0], down[:, -1]], 1).unsqueeze(2)
    wide = functional.pad(torch.cat([edges, -edges], 1), [6, 6, 0, 0], mode="replicate")
    high, low = functional.max_pool2d(-functional.max_pool2d(-wide, [1, 7], 1), [1, 7], 1).chunk(
        2, 1
    )
    return torch.matmul(high.clamp(min=0.0) - low.clamp(min=0.0), spread.transpose(0, 1))


def opened(grown: Tensor, size: int, margin: int) -> Tensor:
    """The opening by a square of planes whose dilations are given, grown by a margin.

    Args:
        grown: [N, C, H, W], dilated by that square, and so are their negatives: the dilation of one
            is the erosion of the other, negated.
        size: Cells along the side of the square; odd.
        margin: How many cells what stays is grown by.

    Returns:
        [N, C, H - size + 1 - 2 * margin, W - size + 1 - 2 * margin].
    """
    return functional.max_pool2d(-negatives(grown), size + 2 * margin, 1)


def negatives(planes: Tensor) -> Tensor:
    """The other half of planes [N, C, H, W], which are the first half and its negatives."""
    first, second = planes.chunk(2, 1)
    return torch.cat([second, first], 1)


def continued(planes: Tensor) -> Tensor:
    """Planes with four cells more on each side, as far as a square of seven looks."""
    return padded(padded(planes).transpose(2, 3)).transpose(2, 3)


def padded(planes: Tensor, size: int = 4) -> Tensor:
    """Continue planes above and below by what fills two thirds of a side, be it high or low.

    A bar covers a side from one corner to the other and a shadow much of it, up to a corner; a
    stroke doesn't, and ends with the page.
    """
    sides = functional.pad(
        torch.cat([planes[:, :, :1], planes[:, :, -1:]], 2), [16, 16, 0, 0], mode="replicate"
    )
    eroded = -functional.max_pool2d(-sides, [1, 17], 1)
    high = functional.max_pool2d(eroded, [1, 17], 1).clamp(min=0.0)
    level = high - negatives(high)
    above = level[:, :, :1].expand(-1, -1, size, -1)
    below = level[:, :, 1:].expand(-1, -1, size, -1)
    return torch.cat([above, planes, below], 2)


def ink_sign(bare: Tensor, thin: Tensor) -> Tensor:
    """Sign of the ink, [N, 1, 1, 1] in -1…1.

    Args:
        bare: [N, 1, G, G].
        thin: [N, 2, G, G], what is thin in either direction: strokes in one, loops and gaps between
            strokes in the other. Around both is paper.
    """
    strength = thin.amax([1, 2, 3], keepdim=True) + 1e-4
    either = ramp(thin.amax(1, keepdim=True) / strength, 0.25, 0.5)
    ring = functional.max_pool2d(either, 5, 1, 2) - either
    paper = (ring * bare).sum([2, 3], keepdim=True) / (ring.sum([2, 3], keepdim=True) + 1e-4)
    weight = thin * thin
    total = weight.sum([2, 3], keepdim=True).clamp(min=1e-7)  # not `+`, as in ink_axis
    ends = (weight * bare).sum([2, 3], keepdim=True) / total
    high, low = ends[:, :1], ends[:, 1:]
    return ((high + low - 2.0 * paper) / ((high - low).abs() + 1e-4) * 4.0).clamp(-1.0, 1.0)
