"""The threshold below which an answer is withheld."""

import pytest
import torch
from torch import nn

from digits_models.doubt import LOST, doubt
from digits_models.splits import Part

pytestmark = pytest.mark.usefixtures("one_thread")


class Amount(nn.Module):
    """As sure as there is ink in the middle rows: canvases of digits have it, most others not."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        logits = torch.zeros(len(x), 10)
        logits[:, 0] = x[:, 0, 4:24, 11:16].mean((1, 2)) * 6
        return logits


class Grey(nn.Module):
    def forward(self, canvas: torch.Tensor) -> torch.Tensor:
        return canvas.unsqueeze(1).float() / 255


def digits(count: int = 200) -> Part:
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    images[:, 4:24, 12:15] = 255
    return Part(images, torch.ones(count, dtype=torch.int64))


def test_half_a_per_cent_of_the_digits_is_lost_and_foreign_canvases_are_caught() -> None:
    found = doubt(Grey(), Amount(), 1.0, digits(), "mnist")
    assert found is not None
    assert 0.1 < found.min_confidence < 1
    assert found.lost <= LOST + 1 / 400
    assert found.caught > 0.2
    assert found == doubt(Grey(), Amount(), 1.0, digits(), "mnist")


def test_a_hotter_temperature_lowers_the_threshold() -> None:
    cold, hot = (doubt(Grey(), Amount(), t, digits(), "mnist") for t in (1.0, 3.0))
    assert cold is not None
    assert hot is not None
    assert hot.min_confidence < cold.min_confidence


def test_clothes_have_no_threshold() -> None:
    assert doubt(Grey(), Amount(), 1.0, digits(8), "fashion-mnist") is None
