import math

import pytest
import torch
from torch import nn

from digits_models.initial import INITIALS, initialise
from digits_models.measure import score, temperature
from digits_models.schedule import SCHEDULES, WARM_UP


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_stays_between_nothing_and_the_highest_rate(name: str):
    rates = [SCHEDULES[name](step / 1000) for step in range(1001)]
    assert min(rates) >= 0
    assert max(rates) == pytest.approx(1, abs=1e-3)


def test_schedules_have_their_shapes():
    assert SCHEDULES["constant"](0.9) == 1
    assert SCHEDULES["cosine"](0.5) == pytest.approx(0.5)
    assert SCHEDULES["cosine"](1) == pytest.approx(0)
    assert [SCHEDULES["step"](p) for p in (0.4, 0.6, 0.8)] == pytest.approx([1, 0.1, 0.01])
    assert SCHEDULES["one-cycle"](0) == pytest.approx(0.04)
    assert SCHEDULES["one-cycle"](WARM_UP) == pytest.approx(1)
    assert SCHEDULES["one-cycle"](1) == pytest.approx(0)


@pytest.mark.parametrize("name", [name for name in INITIALS if name != "default"])
def test_initial_weights_depend_on_the_seed_alone_and_biases_are_zero(name: str):
    layers = [nn.Linear(64, 32), nn.Linear(64, 32)]
    for layer in layers:
        torch.manual_seed(4)
        initialise(layer, name)
    assert torch.equal(layers[0].weight, layers[1].weight)
    assert not layers[0].bias.any()
    assert 0.05 < layers[0].weight.std() < 0.5


def test_default_keeps_what_torch_does():
    layer = nn.Linear(4, 4)
    before = layer.weight.clone()
    initialise(layer, "default")
    assert torch.equal(layer.weight, before)


def test_score_counts_and_averages():
    logits = torch.tensor([[2.0, 0.0], [0.0, 2.0], [2.0, 0.0], [2.0, 0.0]])
    result = score(logits, torch.tensor([0, 1, 0, 1]))
    assert result.accuracy == 0.75
    sure = math.log(1 + math.exp(-2))
    assert result.loss == pytest.approx((3 * sure + sure + 2) / 4)


@pytest.mark.parametrize("factor", [0.5, 1.0, 3.0])
def test_temperature_undoes_a_factor(factor: float):
    generator = torch.Generator().manual_seed(0)
    logits = 2 * torch.randn(20_000, 10, generator=generator)
    labels = torch.multinomial(torch.softmax(logits, 1), 1, generator=generator).squeeze(1)
    assert temperature(logits * factor, labels) == pytest.approx(factor, rel=0.05)
