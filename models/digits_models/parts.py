"""Which of the inked parts of a page is the digit, and how much else there is."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.ramps import ramp


class Parts(nn.Module):
    """Cover [N, 1, G, G] → the digit's cells, 0…1, and how much the largest other part has.

    Each cell starts with the ink around it, and connected cells raise each other to the highest
    value among them; gaps of a cell or two are bridged. What stays well below the best is not the
    digit. A part that reaches the border (a frame, a neighbour that was cut off) counts less than
    one that doesn't, and not at all as another digit; alone on the page, it is the digit.

    Args:
        grid: G, cells along the side of a page.
    """

    depth: Tensor
    border: Tensor

    def __init__(self, grid: int) -> None:
        super().__init__()
        away = torch.arange(grid) + 0.5
        away = torch.minimum(away, grid - away)
        away = torch.minimum(away[:, None], away[None]).reshape(1, 1, grid, grid)
        border = (away < 1).float() + 0.75 * ((away > 1) & (away < 2)).float()
        self.register_buffer("depth", ((away + 0.5) / 5).clamp(0.3, 1.0))
        self.register_buffer("border", border)

    def forward(self, cover: Tensor) -> tuple[Tensor, Tensor]:
        """Find the digit.

        Args:
            cover: [N, 1, G, G], the share of each cell that is ink.

        Returns:
            [N, 1, G, G], the cells of the digit; [N, 1], the ink of the largest other part, 1 where
            it is a quarter of the digit's.
        """
        mask = (cover * 4.0).clamp(max=1.0)
        edge = self.reaching(mask)
        score = around(cover * (1.0 - edge)) * (1.0 - edge) + around(0.4 * cover * edge) * edge
        score = score * self.depth
        value = torch.minimum(score / (score.amax([2, 3], keepdim=True) + 1e-6), mask)
        for _ in range(8):  # of two cells each: as far as any stroke winds
            value = torch.minimum(functional.max_pool2d(value, 5, 1, 2), mask)
        keep = ramp(value, 0.3, 0.5)
        rest = 1.0 - functional.max_pool2d(keep, 3, 1, 1)
        other = around(cover * mask * rest * (1.0 - ramp(edge, 0.8, 1.0))).amax([2, 3])
        return keep, 4.0 * other / (around(cover * keep).amax([2, 3]) + 1e-3)

    def reaching(self, mask: Tensor) -> Tensor:
        """How much each inked cell is connected to the border, 0…1."""
        edge = mask * self.border
        for _ in range(5):
            edge = torch.minimum(functional.max_pool2d(edge, 3, 1, 1), mask)
        return edge / (mask + 1e-6)


def around(cover: Tensor) -> Tensor:
    """Mean over the 7×7 cells around each."""
    return functional.avg_pool2d(cover, 7, 1, 3)
