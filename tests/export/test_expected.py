"""What float32 must be expected to be wrong by."""

import numpy as np
import pytest

from digits_export import engines, expected, graphs, onnx
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture(params=["lenet", "lenet-sigmoid", "mlp", "cnn", "simple-cnn"])
def model(request):
    return graphs.graphs(trained_subject(weights.load(request.param)))["model"]


def test_real_engines_stay_well_within_what_is_expected(model):
    canvases = np.random.default_rng(0).integers(0, 256, (24, 28, 28), dtype=np.uint8)
    truth = engines.truth(model)
    exact = truth.run(canvases)
    allowed = expected.tolerances(truth, canvases)
    assert set(allowed) == {"logits", "probabilities"}
    for engine in engines.exported(model, onnx.save(model), None, cuda=False):
        found = engine.run(canvases)
        for name, tolerance in allowed.items():
            share = np.abs(found[name] - exact[name]).max() / tolerance
            assert 0.001 < share < 0.5, (engine.name, name)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [(2.1e-5, 5e-5), (2e-5, 2e-5), (1.0e-4, 1e-4), (5.1e-6, 1e-5), (9.99, 10.0)],
)
def test_tolerances_are_round(value, rounded):
    assert expected._rounded_up(value) == rounded
