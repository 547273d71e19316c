"""What of a page is beside the picture."""

import torch
from torch import Tensor


def inside(margins: Tensor, size: int) -> Tensor:
    """What of a page is within margins [N, 4], [N, 1, size, size], 0…1."""
    down, across = sides(margins, size)
    return down * across


def sides(margins: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """What is no margin, down [N, 1, size, 1] and across [N, 1, 1, size], 0…1.

    Args:
        margins: Above, at the left, below and at the right, [N, 4], in samples of the page.
        size: Samples along the side of the page.
    """
    order = torch.arange(size, device=margins.device).to(margins.dtype)
    near = margins[:, :2].unsqueeze(2) - order
    far = margins[:, 2:].unsqueeze(2) - order.flip([0])
    inner = (1.0 - torch.maximum(near, far)).clamp(0.0, 1.0)
    return inner[:, :1].unsqueeze(3), inner[:, 1:].unsqueeze(2)


def beyond(bare: Tensor, bars: Tensor, margins: Tensor) -> Tensor:
    """Fill what of the page is beside the picture: bars along an edge go on, strokes end there.

    Args:
        bare: [N, 1, P, P], the distance from the paper.
        bars: What goes on above, below, left and right, [N, 4, 1, P].
        margins: Above, at the left, below and at the right, [N, 4], in samples.
    """
    down, across = sides(margins, bare.shape[3])
    order = torch.arange(bare.shape[3], device=bare.device).to(bare.dtype)
    first = (order < bare.shape[3] / 2).to(bare.dtype)
    above, below, left, right = bars.chunk(4, 1)
    left, right = left.transpose(2, 3), right.transpose(2, 3)
    bare = bare + (1.0 - down) * (below + (above - below) * first.unsqueeze(1) - bare)
    return bare + (1.0 - across) * (right + (left - right) * first - bare)
