"""A resize as two matrix products equals torch's own, and reads windows as it says."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from digits_models.resample import grey_levels, resample_matrix, resample_planes, sample_window


def resize(planes: Tensor, size: int) -> Tensor:
    one = torch.ones(len(planes), 1, 1, 1)
    height, width = planes.shape[2:]
    rows = resample_matrix(0 * one, one * height / size, size, height, extend=True)
    columns = resample_matrix(0 * one, one * width / size, size, width, extend=True)
    return resample_planes(planes, rows, columns)


@pytest.mark.parametrize(
    ("height", "width", "size"),
    [(28, 28, 28), (30, 31, 28), (56, 56, 28), (100, 280, 28), (1000, 777, 48)],
)
def test_a_reduction_is_that_of_torch(height: int, width: int, size: int) -> None:
    planes = torch.rand(2, 3, height, width, generator=torch.Generator().manual_seed(1))
    expected = functional.interpolate(planes, size=(size, size), mode="bilinear", antialias=True)
    assert (resize(planes, size) - expected).abs().max() < 1e-4


def test_an_enlargement_is_that_of_torch() -> None:
    planes = torch.rand(1, 1, 9, 9, generator=torch.Generator().manual_seed(1))
    expected = functional.interpolate(planes, size=(28, 28), mode="bilinear")
    assert (resize(planes, 28) - expected).abs().max() < 1e-4


@pytest.mark.parametrize("length", [1, 2, 28, 3000])
@pytest.mark.parametrize("step", [0.01, 1.0, 7.3, 200.0])
@pytest.mark.parametrize("start", [-50.0, 0.0, 13.7, 5000.0])
def test_rows_sum_to_one_wherever_the_window_is(length: int, step: float, start: float) -> None:
    matrix = resample_matrix(
        torch.tensor([[start]]), torch.tensor([[step]]), 48, length, extend=True
    )
    assert matrix.shape == (48, length)
    assert matrix.min() >= 0
    assert (matrix.sum(1) - 1).abs().max() < 1e-5


def test_outside_there_is_nothing_unless_the_edge_goes_on() -> None:
    start, step = torch.full((1, 1, 1, 1), -10.0), torch.full((1, 1, 1, 1), 2.0)
    planes = torch.full((1, 1, 10, 10), 0.7)
    values = {}
    for extend in (False, True):
        matrix = resample_matrix(start, step, 15, 10, extend=extend)
        values[extend] = resample_planes(planes, matrix, matrix)[0, 0]
    assert values[True].sub(0.7).abs().max() < 1e-5
    assert values[False][:4].abs().max() == 0
    assert values[False][11:].abs().max() == 0
    assert values[False][6:9, 6:9].sub(0.7).abs().max() < 1e-5


def test_a_window_is_read_where_it_is() -> None:
    image = torch.randint(0, 256, (2, 40, 60, 3), generator=torch.Generator().manual_seed(1))
    top, left = (
        torch.tensor([5.0, 20.0]).reshape(2, 1, 1),
        torch.tensor([30.0, 1.0]).reshape(2, 1, 1),
    )
    step = torch.ones(2, 1, 1)
    window = sample_window(image.float().reshape(2, 40, -1), 60, top, left, step, 16)
    cut = torch.stack([image[0, 5:21, 30:46], image[1, 20:36, 1:17]]).permute(0, 3, 1, 2) / 255
    assert (window - cut).abs().max() < 1e-5


def test_grey_levels_round_and_stay_in_range() -> None:
    values = torch.tensor([-3.0, 0.0, 0.499 / 255, 0.501 / 255, 0.5, 1.0, 7.0])
    assert grey_levels(values).tolist() == [0, 0, 0, 1, 128, 255, 255]
    assert grey_levels(values).dtype == torch.uint8
