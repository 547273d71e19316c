"""`parts`: a frame is no part of the digit, but an 0 that fills the page is no frame."""

import pytest
import torch

from digits_models.drawing import halves, ink_edges
from digits_models.parts import Parts

NO_MARGIN = torch.zeros(2, 1, 1)


def found(cover: torch.Tensor) -> torch.Tensor:
    cover = cover[None, None]
    return Parts(24)(cover, torch.zeros_like(cover), NO_MARGIN)[0][0, 0]


def ring(inset: int) -> torch.Tensor:
    cover = torch.zeros(24, 24)
    cover[inset, inset : 24 - inset] = cover[23 - inset, inset : 24 - inset] = 0.5
    cover[inset : 24 - inset, inset] = cover[inset : 24 - inset, 23 - inset] = 0.5
    return cover


@pytest.mark.parametrize("inset", [0, 1, 2])
def test_a_frame_is_not_the_digit_s(inset: int) -> None:
    cover = ring(inset)
    cover[inset + 2 : 16, 10:13] = 0.8  # nearer to the frame than gaps are bridged
    keep = found(cover)
    assert keep[inset + 3 : 16, 10:13].min() == 1
    assert keep[ring(inset) > 0].max() < 0.1


def test_a_round_ring_is_the_digit_s() -> None:
    y, x = torch.meshgrid(torch.arange(24) - 11.5, torch.arange(24) - 11.5, indexing="ij")
    cover = ((y.square() + x.square()).sqrt() - 10.5).abs().lt(1.2).float()
    assert found(cover)[cover > 0].min() > 0.5


def test_a_row_is_in_two_halves_only_if_both_are_tall() -> None:
    both, five = torch.zeros(2, 1, 1, 24, 24)
    both[:, :, 2:11, 8:12] = both[:, :, 13:22, 8:12] = 1.0
    five[:, :, 2:4, 4:20] = five[:, :, 6:22, 8:12] = 1.0  # a bar of as much ink as the rest
    assert halves(both, ink_edges(both)).item() > 1
    assert halves(five, ink_edges(five)).item() == 0
