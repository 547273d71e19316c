"""The light on a page is found under what is written on it."""

import numpy as np
import pytest
import torch
from torch import Tensor

from digits_models.surface import Surface, border_median

SIZE = 48
POSITION = (torch.arange(SIZE) + 0.5) / SIZE * 2 - 1


def quadratic(seed: int) -> Tensor:
    """Some quadratic light, [SIZE, SIZE], within 0…1."""
    a, b, c, d, e = torch.randn(5, generator=torch.Generator().manual_seed(seed)) * 0.1
    y, x = torch.meshgrid(POSITION, POSITION, indexing="ij")
    light = a * x + b * y + c * x * x + d * y * y + e * x * y
    return 0.5 + light / light.abs().max().clamp(min=0.4) * 0.4


def middle(page: Tensor) -> Tensor:
    return border_median(page)


def fitted(page: Tensor) -> Tensor:
    page = page.expand(1, 3, SIZE, SIZE)
    return Surface(SIZE)(page, middle(page))[0, 0]


def test_one_step_is_a_weighted_least_squares_fit() -> None:
    page = torch.rand(SIZE, SIZE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    y, x = np.meshgrid(POSITION.double(), POSITION.double(), indexing="ij")
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y, x * y], -1).reshape(-1, 6)
    depth = np.minimum(np.arange(SIZE), np.arange(SIZE)[::-1]) + 0.5
    weight = 0.1 + np.exp(-np.minimum(depth[:, None], depth) * 12 / SIZE).reshape(-1, 1)
    root = np.sqrt(weight)
    solution = np.linalg.lstsq(root * terms, root[:, 0] * page.numpy().ravel(), rcond=None)[0]
    found = Surface(SIZE).double().through(page.reshape(1, 1, -1))
    assert np.abs(found.numpy().ravel() - terms @ solution).max() < 1e-6


@pytest.mark.parametrize("seed", range(5))
def test_a_clean_quadratic_is_followed(seed: int) -> None:
    light = quadratic(seed)
    assert (fitted(light) - light).abs().max() < 0.006


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("value", ["any", "black", "white"])
def test_a_quadratic_is_recovered_under_15_percent_outliers(seed: int, value: str) -> None:
    generator = torch.Generator().manual_seed(100 + seed)
    light = quadratic(seed)
    outlier = torch.rand(SIZE, SIZE, generator=generator) < 0.15
    wrong = torch.rand(SIZE, SIZE, generator=generator)
    wrong = {"any": wrong, "black": 0 * wrong, "white": 0 * wrong + 1}[value]
    found = fitted(torch.where(outlier, wrong, light))
    assert (found - light).abs().max() < 0.02
    assert (found - light).abs().mean() < 0.006


def test_it_does_not_follow_a_stroke() -> None:
    page = torch.full((SIZE, SIZE), 0.9)
    page[8:40, 20:27] = 0.1
    assert (fitted(page) - 0.9).abs().max() < 0.02


def test_channels_and_pages_are_fitted_on_their_own() -> None:
    pages = torch.stack([torch.stack([quadratic(3 * i + j) for j in range(3)]) for i in range(2)])
    surfaces = Surface(SIZE)(pages, middle(pages))
    assert (surfaces - pages).abs().max() < 0.01
    alone = torch.cat([Surface(SIZE)(page[None], middle(page[None])) for page in pages])
    assert (surfaces - alone).abs().max() < 1e-6
