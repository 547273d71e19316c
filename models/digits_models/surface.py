"""The light on an empty page: a smooth surface through what is not ink."""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Surface(nn.Module):
    """Page [N, C, G, G] → a quadratic surface through its background, [N, C, G, G].

    A robust fit by graduated non-convexity (Blake and Zisserman, "Visual Reconstruction", 1987):
    what lies far from the surface is taken for ink and replaced by the surface, which is then
    fitted again, first with a wide scale, then with narrower ones. The border counts most, since
    digits stay away from it: the surface starts as the border's and grows into the page as far as
    the light changes smoothly. A quadratic follows a vignette or a lamp's slope, not a stroke.

    Because ink is replaced instead of left out, the weights of the fit stay the same, and so does
    its matrix: no equations are solved in the graph.

    Args:
        size: G, cells along the side of a page.
    """

    basis: Tensor
    fit: Tensor

    def __init__(self, size: int, emphasis: float = 0.1) -> None:
        super().__init__()
        position = (torch.arange(size, dtype=torch.float64) + 0.5) / size * 2 - 1
        legendre = [torch.ones_like(position), position, 1.5 * position.square() - 0.5]
        terms = [
            torch.outer(down, across).flatten()
            for i, down in enumerate(legendre)
            for j, across in enumerate(legendre)
            if i + j <= 2
        ]
        basis = torch.stack(terms, 1)
        depth = torch.arange(size, dtype=torch.float64) + 0.5
        depth = torch.minimum(depth, size - depth)
        border = torch.exp(-torch.minimum(depth[:, None], depth[None]) * 12 / size)
        weighted = basis * (emphasis + border).reshape(-1, 1)
        fit = torch.linalg.solve(weighted.T @ basis, weighted.T)
        self.register_buffer("basis", basis.T.float().contiguous())
        self.register_buffer("fit", fit.T.float().contiguous())

    def forward(self, page: Tensor, middle: Tensor) -> Tensor:
        """Fit the surface.

        Args:
            page: [N, C, G, G], values 0…1.
            middle: A first guess of the background, [N, C, 1]. What is far from it pulls only as
                hard as what is near: a stroke that fills the border must not become the paper.
        """
        cells = page.flatten(2)
        surface = self.through(middle + (cells - middle).clamp(-0.25, 0.25))
        for scale in (0.4, 0.25, 0.15, 0.1):
            difference = cells - surface
            near = (difference * difference).sum(1, keepdim=True) * (1.0 / (scale * scale)) + 1.0
            filled = surface + difference / (near * near)
            surface = self.through(filled)
        return surface.reshape_as(page)

    def through(self, cells: Tensor) -> Tensor:
        """Project cells [N, C, G * G] onto the quadratic surfaces."""
        return torch.matmul(torch.matmul(cells, self.fit), self.basis)


def border(page: Tensor) -> Tensor:
    """What lies along the border of a page: [N, C, P, P] → [N, C, 4 P]."""
    return torch.cat([page[:, :, 0], page[:, :, -1], page[:, :, :, 0], page[:, :, :, -1]], 2)


def border_median(page: Tensor) -> Tensor:
    """Median of each channel along the border of a page, [N, C, G, G] → [N, C, 1].

    Of the means of three cells each: there are fewer to sort, and less noise.
    """
    means = functional.avg_pool1d(border(page), 3)
    return means.sort(dim=2)[0][:, :, means.shape[2] // 2].unsqueeze(2)
