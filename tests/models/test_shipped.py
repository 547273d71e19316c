import json
from pathlib import Path

import pytest
import torch

from digits_models import measure, recipe, splits, weights

#: The least accuracy on the full test sets, canvases as they are.
LEAST = {
    "lenet": 0.992,
    "lenet-sigmoid": 0.89,
    "mlp": 0.984,
    "cnn": 0.9915,
    "simple-cnn": 0.993,
    "teacher": 0.996,
}


@pytest.mark.parametrize("name", LEAST)
def test_shipped_weights_load_and_say_where_they_come_from(name: str):
    trained = weights.load(name)
    record = trained.record
    assert record["arch"] == name
    assert record["complete"] is True
    assert record["accuracy"]["test"] >= LEAST[name]
    assert record["dataset"] == trained.architecture.dataset
    assert trained.temperature == record["temperature"]
    assert json.loads(weights.shipped(name).with_suffix(".json").read_text()) == record


@pytest.mark.parametrize("name", LEAST)
def test_shipped_weights_come_from_the_preset(name: str):
    assert weights.load(name).record["command"] == recipe.command(recipe.resolve(name))


@pytest.mark.parametrize("name", LEAST)
def test_shipped_weights_are_as_accurate_as_recorded(name: str, full_data: Path):
    trained = weights.load(name)
    part = splits.test(trained.architecture.dataset, full_data, 0, torch.device("cpu"))
    logits = measure.logits(trained.architecture.prepare(), trained.network, part)
    score = measure.score(logits, part.labels)
    assert score.accuracy >= LEAST[name]
    # Another processor may round a borderline image to the other side.
    assert score.accuracy == pytest.approx(trained.record["accuracy"]["test"], abs=2e-4)
