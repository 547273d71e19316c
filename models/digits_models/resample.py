"""Resampling as matrix products.

A resize is a product with one matrix for the rows and one for the columns. Written so, it exports
to plain MatMul nodes, gives the same pixels in every engine (the antialiased Resize of ONNX differs
between them), and can crop, move and scale by amounts that the graph itself computes.
"""

import torch
from torch import Tensor


def resample_matrix(start: Tensor, step: Tensor, size: int, length: int, extend: bool) -> Tensor:
    """Weights that read `size` samples, `step` apart from `start` on, out of `length` pixels.

    The filter is a triangle as wide as a step but never narrower than a pixel: linear interpolation
    when enlarging, an antialiasing average when reducing.

    Args:
        start: float [..., 1, 1], first edge of the first sample, in pixels.
        step: float [..., 1, 1], width of a sample, in pixels.
        size: Number of samples.
        length: Number of pixels.
        extend: Outside the image, repeat its edge; otherwise it is zero there.

    Returns:
        float [..., size, length].
    """
    samples = (torch.arange(size, device=start.device).to(start.dtype) + 0.5).unsqueeze(1)
    pixels = torch.arange(length, device=start.device).to(start.dtype) + 0.5
    centre = start + samples * step
    if extend:
        centre = torch.minimum(centre.clamp(min=0.5), pixels[-1:])
    support = step.clamp(min=1.0)
    weights = (1.0 - (pixels - centre).abs() / support).clamp(min=0.0)
    total = weights.sum(-1, keepdim=True)
    # Within the image the weights of a triangle sum to its support, to a tenth.
    return weights / (total if extend else torch.maximum(total, 0.9 * support))


def sample_window(
    pixels: Tensor, width: int, top: Tensor, left: Tensor, step: Tensor, size: int
) -> Tensor:
    """Resample a square window of interleaved pixels; outside the image its edges go on.

    Args:
        pixels: float [N, H, W * C], values 0…255.
        width: W.
        top: float [N, 1, 1], upper edge of the window, in pixels.
        left: float [N, 1, 1], its left edge.
        step: float [N, 1, 1], pixels in one sample.
        size: Samples along its side.

    Returns:
        float [N, C, size, size], values 0…1.
    """
    rows = resample_matrix(top, step, size, pixels.shape[1], extend=True)
    columns = resample_matrix(left, step, size, width, extend=True) / 255.0
    # Reduced by rows first, the pixels need no transposing while they are many.
    reduced = torch.matmul(rows, pixels).reshape(pixels.shape[0], size, width, -1)
    return torch.matmul(reduced.permute(0, 3, 1, 2), columns.transpose(1, 2).unsqueeze(1))


def sample_page(pixels: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Resample interleaved pixels [N, H, W * 3], 0…255, by rows [h, H] and columns [w, W].

    Returns:
        float [N, 3, h, w], values 0…1.
    """
    reduced = torch.matmul(rows, pixels).reshape(pixels.shape[0], -1, columns.shape[1], 3)
    return torch.matmul(reduced.permute(0, 3, 1, 2), columns.transpose(0, 1) / 255.0)


def sample_axis(pixels: Tensor, rows: Tensor, columns: Tensor, axis: Tensor) -> Tensor:
    """Resample interleaved pixels along an axis of colour.

    Args:
        pixels: float [N, H, W * 3], values 0…255.
        rows: [N, h, H].
        columns: [N, w, W].
        axis: [N, 1, 3].

    Returns:
        float [N, 1, h, w], values 0…1 times the axis.
    """
    count, height, width = pixels.shape[0], pixels.shape[1], columns.shape[2]
    # The axis first: that reads every pixel once, and one plane is left to reduce instead of three.
    plane = torch.matmul(pixels.reshape(count, -1, 3), axis.transpose(1, 2) / 255.0)
    plane = torch.matmul(rows, plane.reshape(count, height, width))
    return torch.matmul(plane, columns.transpose(1, 2)).unsqueeze(1)


def resample_planes(planes: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """Resample planes [N, C, H, W] → [N, C, h, w] by rows [N, 1, h, H] and columns [N, 1, w, W].

    Where all images share them, rows [h, H] and columns [w, W] do.
    """
    return torch.matmul(torch.matmul(rows, planes), columns.transpose(-2, -1))


def grey_levels(values: Tensor) -> Tensor:
    """0…1 → grey levels uint8."""
    return (values.clamp(0.0, 1.0) * 255.0).round().to(torch.uint8)
