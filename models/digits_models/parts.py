"""Which of the inked parts of a page is the digit, and how much else there is."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.ramps import ramp


class Parts(nn.Module):
    """Cover [N, 1, G, G] → the digit's cells, 0…1, and how much the largest other part has.

    Each cell starts with the ink around it, and connected cells raise each other to the highest
    value among them; gaps of a cell or two are bridged. What stays well below the best is not the
    digit. A part that reaches the border counts less than one that doesn't; alone on the page, it
    is the digit. What the border cuts off, or is a frame along it, is no other digit.

    Args:
        grid: G, cells along the side of a page.
    """

    away: Tensor

    def __init__(self, grid: int) -> None:
        super().__init__()
        away = torch.arange(grid) + 0.5
        self.register_buffer("away", torch.minimum(away, grid - away))

    def forward(self, cover: Tensor, cut: Tensor, margin: Tensor) -> tuple[Tensor, Tensor]:
        """Find the digit.

        Args:
            cover: [N, 1, G, G], the share of each cell that is ink.
            cut: [N, 1, G, G], the share of its samples along the border of the page.
            margin: [2, 1, 1], what of the page is beside the image, down and across, in cells.

        Returns:
            [N, 1, G, G], the cells of the digit; [N, 1], the ink of the largest other part, 1 where
            it is a quarter of the digit's.
        """
        mask = (cover * 4.0).clamp(max=1.0)
        down, across = self.away.unsqueeze(1) - margin[0], self.away - margin[1]
        mask = mask * (1.0 - frame(mask, down, across))
        away = torch.minimum(down, across)
        border = ramp(away, 2.5, 7 / 6)  # in full in the first cell, three quarters in the second
        edge, cut = reaching(mask, border, cut).chunk(2, 1)
        score = around(cover * (1.0 - edge)) * (1.0 - edge) + around(0.4 * cover * edge) * edge
        score = score * ((away + 0.5) / 5).clamp(0.3, 1.0)
        value = torch.minimum(score / (score.amax([2, 3], keepdim=True) + 1e-6), mask)
        for _ in range(8):  # of two cells each: as far as any stroke winds
            value = torch.minimum(functional.max_pool2d(value, 5, 1, 2), mask)
        keep = ramp(value, 0.3, 0.5)
        rest = 1.0 - functional.max_pool2d(keep, 3, 1, 1)
        other = around(cover * mask * rest * ramp(cut, 0.6, 0.3)).amax([2, 3])
        return keep, 4.0 * other / (around(cover * keep).amax([2, 3]) + 1e-3)


def reaching(mask: Tensor, border: Tensor, cut: Tensor) -> Tensor:
    """How much each inked cell is connected to the border, and to ink that it cuts, 0…1.

    Args:
        mask: [N, 1, G, G], inked cells.
        border: [G, G], cells along the border.
        cut: [N, 1, G, G], ink along the border.

    Returns:
        [N, 2, G, G].
    """
    edge = torch.cat([mask * border, torch.minimum(cut * 16.0, mask)], 1)
    for _ in range(5):
        edge = torch.minimum(functional.max_pool2d(edge, 3, 1, 1), mask)
    return edge / (mask + 1e-6)


def frame(mask: Tensor, down: Tensor, across: Tensor) -> Tensor:
    """Cells of a frame, [N, 1, G, G]: lines along all four sides of the image.

    Args:
        mask: [N, 1, G, G], inked cells.
        down: [G, 1], how far a cell is from the image's nearer edge above or below, in cells.
        across: [G], the same at its sides.
    """
    size = mask.shape[3]
    high, wide = ramp(down, 2.0, 3.0), ramp(across, 2.0, 3.0)  # but for the frame's other sides
    planes = torch.cat([mask * wide, (mask * high).transpose(2, 3)], 1)
    length = torch.stack([wide.sum(), high.sum()]).reshape(2, 1).clamp(min=1.0)
    away = torch.stack([down.flatten(), across.flatten()])
    most = 0.2 * away.amax(1).amin(0)  # a tenth of the shorter side
    near = ramp(away.unsqueeze(2) - most, 1.5, 0.5)
    # A thin line may lie in two rows of cells. The rows beyond the edge are empty; pooling itself
    # would add them, but ONNX's reference evaluator takes its padding for that of the columns.
    inked = functional.pad((2.0 * planes).clamp(max=1.0), [0, 0, 1, 1])
    lines = functional.max_pool2d(inked, [3, 1], 1) * near
    fill = lines.sum(3) / length
    sides = fill.reshape(-1, 4, size // 2).amax(2).amin(1)
    rows, columns = ramp(fill, 0.65, 0.8).chunk(2, 1)
    # The lines meet at the corners; an 0 that fills the page is round.
    corners = rows.unsqueeze(3) * columns.unsqueeze(2) * mask
    corners = corners.reshape(-1, 2, size // 2, 2, size // 2).amax([2, 4]).amin([1, 2])
    there = ramp(sides, 0.65, 0.8) * ramp(length.amin(0), 4.0, 7.0) * ramp(corners, 0.05, 0.12)
    return torch.maximum(rows.unsqueeze(3), columns.unsqueeze(2)) * there.reshape(-1, 1, 1, 1)


def around(cover: Tensor) -> Tensor:
    """Mean over the 7×7 cells around each."""
    return functional.avg_pool2d(cover, 7, 1, 3)
