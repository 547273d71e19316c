"""What of a page is beside the picture."""

import torch
from torch import Tensor


def depths(margins: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """How deep in the picture each sample lies, 1 for its outermost, 0 and less in the margins.

    Args:
        margins: Above, at the left, below and at the right, [N, 4], in samples of the page.
        size: Samples along the side of the page.

    Returns:
        Down [N, 1, size, 1] and across [N, 1, 1, size].
    """
    order = torch.arange(size, device=margins.device).to(margins.dtype)
    near = order - margins[:, :2].unsqueeze(2)
    far = (size - 1.0) - order - margins[:, 2:].unsqueeze(2)
    depth = torch.minimum(near, far) + 1.0
    return depth[:, :1].unsqueeze(3), depth[:, 1:].unsqueeze(2)


def inside(down: Tensor, across: Tensor) -> Tensor:
    """What of a page lies in the picture, [N, 1, size, size] of 0…1, by its `depths`."""
    return down.clamp(0.0, 1.0) * across.clamp(0.0, 1.0)


def beyond(bare: Tensor, bars: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Fill what of the page is beside the picture: bars along an edge go on, strokes end there.

    Args:
        bare: [N, 1, P, P], the distance from the paper.
        bars: What goes on above, below, left and right, [N, 4, 1, P].
        down: The depth of its rows in the picture, [N, 1, P, 1].
        across: Of its columns, [N, 1, 1, P].
    """
    down, across = (1.0 - down).clamp(0.0, 1.0), (1.0 - across).clamp(0.0, 1.0)
    order = torch.arange(bare.shape[3], device=bare.device).to(bare.dtype)
    first = (order < bare.shape[3] / 2).to(bare.dtype)
    above, below, left, right = bars.chunk(4, 1)
    left, right = left.transpose(2, 3), right.transpose(2, 3)
    bare = bare + down * (below + (above - below) * first.unsqueeze(1) - bare)
    return bare + across * (right + (left - right) * first - bare)
