"""The light on an empty page: a smooth surface fitted to what is not ink."""

import torch
from torch import Tensor, nn


class Surface(nn.Module):
    """Page [N, C, G, G] → a quadratic surface through its background, [N, C, G, G].

    A robust fit by graduated non-convexity (Blake and Zisserman, "Visual Reconstruction", 1987):
    weighted least squares in which cells far from the surface lose their weight (Geman and
    McClure's function), first with a wide scale, then with narrower ones. The border counts most,
    since digits stay away from it; so the surface starts as the border's and grows into the page as
    far as the light changes smoothly. A quadratic follows a vignette or a lamp's slope, and can't
    follow a stroke.

    Args:
        size: G, cells along the side of a page.
    """

    basis: Tensor
    emphasis: Tensor
    ridge: Tensor

    def __init__(self, size: int) -> None:
        super().__init__()
        position = (torch.arange(size) + 0.5) / size * 2 - 1
        legendre = [torch.ones_like(position), position, 1.5 * position.square() - 0.5]
        terms = [
            torch.outer(down, across).flatten()
            for i, down in enumerate(legendre)
            for j, across in enumerate(legendre)
            if i + j <= 2
        ]
        basis = torch.stack(terms, 1)
        depth = torch.arange(size) + 0.5
        depth = torch.minimum(depth, size - depth)
        border = torch.exp(-torch.minimum(depth[:, None], depth[None]) * 12 / size)
        self.register_buffer("basis", basis)
        self.register_buffer("emphasis", (0.1 + border).flatten())
        self.register_buffer("ridge", 1e-3 * torch.eye(len(terms)))

    def forward(self, page: Tensor) -> Tensor:
        """Fit the surface; values 0…1."""
        cells = page.flatten(2)
        middle = border_median(page)
        start = torch.zeros_like(self.ridge[:, :1])
        start[0] = 1.0
        prior = torch.matmul(self.ridge, start) * middle.transpose(1, 2)
        surface = middle.expand_as(cells)
        for scale in (0.4, 0.2, 0.1):
            residual = (cells - surface).square().sum(1)
            weight = self.emphasis / (1.0 + residual / (scale * scale)).square()
            weight = weight / weight.sum(1, keepdim=True)
            weighted = self.basis.transpose(0, 1) * weight.unsqueeze(1)
            normal = torch.matmul(weighted, self.basis) + self.ridge
            right = torch.matmul(weighted, cells.transpose(1, 2)) + prior
            coefficients = solve(torch.cat([normal, right], 2))
            surface = torch.matmul(self.basis, coefficients).transpose(1, 2)
        return surface.reshape_as(page)


def border_median(page: Tensor) -> Tensor:
    """Median colour of the outer three cells: [N, C, G, G] → [N, C, 1]."""
    border = torch.cat(
        [
            page[:, :, :3].flatten(2),
            page[:, :, -3:].flatten(2),
            page[:, :, :, :3].flatten(2),
            page[:, :, :, -3:].flatten(2),
        ],
        2,
    )
    ordered = border.sort(dim=2)[0]
    return ordered[:, :, border.shape[2] // 2].unsqueeze(2)


def solve(augmented: Tensor) -> Tensor:
    """Solve A X = B by Gauss-Jordan elimination, which exports where `torch.linalg.solve` doesn't.

    Args:
        augmented: float [N, K, K + M], A beside B. A is symmetric and positive definite, so no
            pivoting.

    Returns:
        X, float [N, K, M].
    """
    size = augmented.shape[1]
    rows = torch.arange(size, device=augmented.device).reshape(1, -1, 1)
    for i in range(size):
        here = (rows == i).to(augmented.dtype)
        pivot = augmented[:, i : i + 1] / augmented[:, i : i + 1, i : i + 1]
        factor = augmented[:, :, i : i + 1] * (1.0 - here) - here
        augmented = augmented * (1.0 - here) - factor * pivot
    return augmented[:, :, size:]
