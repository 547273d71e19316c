"""Canvases of colour models: looked at, and read from files."""

import numpy as np
import pytest

from digits.canvas import canvas_of, picture_of
from digits.errors import InputError

PICTURE = np.arange(4 * 5 * 3, dtype=np.uint8).reshape(4, 5, 3)


def test_planes_are_looked_at_in_colour_and_read_back() -> None:
    canvas = canvas_of(PICTURE, (3, 4, 5))
    assert canvas.shape == (3, 4, 5)
    assert canvas[1, 2, 3] == PICTURE[2, 3, 1]
    np.testing.assert_array_equal(picture_of(canvas), PICTURE)


def test_grey_canvases_stay_as_they_are() -> None:
    canvas = canvas_of(PICTURE, (4, 5))
    np.testing.assert_array_equal(canvas, PICTURE[..., 0])
    assert picture_of(canvas) is canvas
    assert picture_of(PICTURE) is PICTURE


@pytest.mark.parametrize("shape", [(5, 4), (3, 5, 4)])
def test_another_size_is_no_canvas(shape: tuple[int, ...]) -> None:
    with pytest.raises(
        InputError, match=f"4 x 5 pixels are no canvas of {' x '.join(map(str, shape))}"
    ):
        canvas_of(PICTURE, shape)
