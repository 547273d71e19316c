"""`pasted` finds a picture on a page of another colour, and takes no digit for one."""

import numpy as np
import pytest
import torch

from digits_models.margins import depths, inside
from digits_models.pasted import pasted

MARGINS = (10, 20, 15, 5)  # above, left, below, right


def page(picture: float, margin: float, sides: tuple[int, ...] = MARGINS) -> torch.Tensor:
    above, left, below, right = sides
    image = torch.full((1, 3, 96, 96), margin)
    image[:, :, above : 96 - below, left : 96 - right] = picture
    return image


@pytest.mark.parametrize("sides", [MARGINS, (12, 20, 0, 0), (12, 0, 12, 0)])
@pytest.mark.parametrize(("picture", "margin"), [(0.2, 1.0), (1.0, 0.0), (0.7, 0.95)])
def test_the_margins_are_found(picture: float, margin: float, sides: tuple[int, ...]) -> None:
    image = page(picture, margin, sides)
    image[:, :, 40:60, 45:50] = 1.0 - picture  # a stroke
    found, paper = pasted(image)
    # A sample more than there is, as the sample at an edge is of both.
    wanted = np.array(sides) + (np.array(sides) > 0)
    assert found[0].numpy() == pytest.approx(wanted, abs=0.01)
    assert paper.flatten().numpy() == pytest.approx([picture] * 3, abs=0.03)


@pytest.mark.parametrize(
    "ink",
    [np.s_[20:80, 40:50], np.s_[20:30, 20:70], np.s_[:, 40:43]],
    ids=["one", "bar", "line"],
)
def test_a_stroke_is_no_picture(ink) -> None:
    image = torch.ones(1, 3, 96, 96)
    image[0, :, *ink] = 0.0
    assert pasted(image)[0].max() == 0


def test_a_ring_is_no_picture() -> None:
    image = page(0.0, 1.0)
    image[:, :, 18:73, 28:83] = 1.0
    assert pasted(image)[0].max() == 0


def test_a_margin_of_nearly_the_picture_s_colour_is_left() -> None:
    assert pasted(page(0.97, 1.0))[0].max() == 0


def test_inside_is_between_the_margins() -> None:
    within = inside(*depths(torch.tensor([[1.0, 0.0, 0.5, 2.0]]), 6))[0, 0]
    assert within[:, 0].tolist() == [0, 1, 1, 1, 1, 0.5]
    assert within[2].tolist() == [1, 1, 1, 1, 0, 0]
