"""A picture that is a canvas already: light ink on black, 28×28, placed as MNIST places it.

Drawn anew it could only lose: a line across it, or specks, would be taken for ink whose size and
place count. So it stays as it came. The more it differs from a canvas, the less of it does.
"""

import torch
from torch import Tensor
from torch.nn import functional

from digits_models.drawing import centre, ink_edges
from digits_models.ramps import ramp


def ready(
    page: Tensor, size: Tensor, dark: Tensor, present: Tensor, side: int = 28
) -> tuple[Tensor, Tensor, Tensor]:
    """How much of a picture can stay as it is.

    Args:
        page: [N, 3, P, P] of 0…1, the picture itself where that is 28×28; P is 28 or more.
        size: Height and width of the picture, [2, 1, 1].
        dark: [N, 1, 1, 1], the level that 15 % of its border are below.
        present: [N, 1, 1, 1], 0…1, whether there is ink on it; what is dense is ink in any case.
        side: Of a canvas.

    Returns:
        The picture in grey, [N, 1, 28, 28]; its share in the canvas, [N, 1, 1, 1], 0…1; and how far
        that is so although it isn't drawn as a digit is, [N, 1, 1, 1].
    """
    colours = page[:, :, :side, :side]
    grey = colours.mean(1, keepdim=True)
    hue = (colours - grey).abs().mean([1, 2, 3], keepdim=True)
    dense = functional.avg_pool2d(grey, 5, 1).amax([2, 3], keepdim=True)
    share = torch.maximum(present, ramp(dense, 0.25, 0.35)) * ramp(dark, 0.12, 0.04)
    share = share * ramp(hue, 0.02, 0.01) * ramp(grey.amax([2, 3], keepdim=True), 0.6, 0.8)
    share = share * (1.0 - (size - side).abs().sum()).clamp(min=0.0)
    placed, crowded = place(grey)
    # In one digit's place, a blob is one digit.
    single = torch.maximum(crowded, ramp(dense, 0.96, 0.98))
    return grey, share * placed, share * placed * single


def place(grey: Tensor) -> tuple[Tensor, Tensor]:
    """How far ink lies as MNIST's does, and whether it is longer than a digit's.

    Its centre of mass is in the middle. Where there is more than a digit, a line through it say,
    that of its box will do, and neither needs to be there exactly.

    Args:
        grey: [N, 1, F, F], the ink of a canvas.

    Returns:
        Two shares [N, 1, 1, 1], 0…1.
    """
    edges = ink_edges(grey)
    long = (edges[:, 1] - edges[:, 0]).amax(1).reshape(-1, 1, 1, 1)
    crowded = ramp(long, 22.0, 23.0)
    middle = grey.shape[3] / 2
    mass = centre(grey).flatten(1) - 0.25  # MNIST's lies between the middle and half a pixel beyond
    off = (mass - middle).abs()
    boxed = torch.minimum(off, (edges.mean(1) - middle).abs()) - 1.5
    off = (off + (boxed - off) * crowded.flatten(1)).amax(1).reshape(-1, 1, 1, 1)
    return ramp(long, 16.0, 18.0) * ramp(off, 1.6, 1.0), crowded
