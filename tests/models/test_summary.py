"""The layer table counts what the networks' papers count."""

import pytest
import torch
from torch import nn

from digits_models import registry, tables
from digits_models.registry import Architecture
from digits_models.summary import Layer, summarise


def test_lenet_counted_by_hand() -> None:
    summary = summarise(registry.get("lenet"))
    by_hand = {
        "body.conv1": (28 * 28 * 6) * (1 * 5 * 5),
        "body.conv2": (10 * 10 * 16) * (6 * 5 * 5),
        "body.conv3": 120 * (16 * 5 * 5),
        "body.hidden": 84 * 120,
        "head": 10 * 84,
    }
    assert {row.name: row.multiply_adds for row in summary.layers if row.multiply_adds} == by_hand
    assert summary.multiply_adds == 416_520
    assert summary.parameter_bytes == 4 * 61_706
    assert summary.layers[1] == Layer(
        "body.conv1", "Conv2d", (6, 28, 28), (25 + 1) * 6, 117_600, 4 * 6 * 28 * 28
    )


@pytest.mark.parametrize("name", registry.names())
def test_every_parameter_is_in_the_table(name: str) -> None:
    architecture = registry.get(name)
    summary = summarise(architecture)
    assert summary.parameters == architecture.parameters
    assert summary.layers[0].name == "prepare"
    assert summary.layers[-1].shape == (10,)
    assert summary.activation_bytes == sum(row.bytes for row in summary.layers) > 0


def test_vgg16_has_its_fifteen_and_a_half_billions() -> None:
    summary = summarise(registry.get("vgg16"))
    assert summary.multiply_adds == 15_470_274_320
    assert summary.layers[0].shape == (3, 224, 224)


def test_groups_divide_the_multiply_adds() -> None:
    whole, grouped = (
        summarise(architecture_of(nn.Conv2d(4, 8, 3, groups=groups))) for groups in (1, 2)
    )
    assert whole.multiply_adds == 8 * 26 * 26 * 4 * 9
    assert grouped.multiply_adds == whole.multiply_adds // 2


def test_a_layer_that_runs_twice_is_listed_twice_but_holds_its_parameters_once() -> None:
    layer = nn.Conv2d(4, 4, 1)
    summary = summarise(architecture_of(nn.Sequential(layer, nn.ReLU(), layer)))
    assert summary.multiply_adds == 2 * 28 * 28 * 4 * 4
    assert summary.parameters == sum(p.numel() for p in layer.parameters())


def test_summarising_leaves_random_numbers_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(4)
    torch.manual_seed(3)
    summarise(registry.get("lenet"))
    assert torch.equal(torch.rand(4), expected)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "", "0"),
        (999, "B", "999 B"),
        (999_600, "B", "1 MB"),
        (246_824, "B", "247 kB"),
        (416_520, "", "417 k"),
        (15_470_274_320, "", "15.5 G"),
        (5_200_000_000_000, "", "5.2e+03 G"),
    ],
)
def test_totals_are_readable(value: float, unit: str, text: str) -> None:
    assert tables.scaled(value, unit) == text


def architecture_of(network: nn.Module) -> Architecture:
    class Four(nn.Module):
        def forward(self, canvas: torch.Tensor) -> torch.Tensor:
            return canvas.float().unsqueeze(1).expand(-1, 4, -1, -1)

    return Architecture(
        name="made-up",
        title="",
        source="",
        build=lambda: network,
        prepare=Four,
        dataset="mnist",
        front="ink",
        parameters=0,
    )
