"""How precise an engine must be, in terms of float32 as PyTorch has it, and which flips count."""

import numpy as np
import pytest

from digits_export import engines, graphs, onnx, torchscript
from digits_export.populations import Population, chunked
from digits_export.precision import RESOLUTION, compare
from digits_export.subject import trained_subject
from digits_models import weights

CANVASES = np.zeros((4, 2, 2), np.uint8)
WHOLE = Population("zeros", CANVASES, (slice(0, 4),))
# Gaps of 3, 2, 1 and 0.001.
LOGITS = np.array([[3.0, 0.0], [0.0, 2.0], [1.0, 0.0], [0.001, 0.0]])


class Answers:
    """An engine that is wrong by a fixed amount."""

    def __init__(self, name, error=0.0, coarseness=1.0):
        self.name = name
        self.coarseness = coarseness
        self.error = np.broadcast_to(error, LOGITS.shape)

    def run(self, canvases):
        return {"logits": (LOGITS + self.error)[: len(canvases)]}


def judge(*engines, population=WHOLE):
    ((precisions, labels),) = compare(Answers("truth"), engines, [population])
    return {p.engine: p for p in precisions}, {item.engine: item for item in labels}


@pytest.mark.parametrize(
    ("error", "passes"), [(1.9e-3, True), (2.1e-3, False), (np.nan, False), (np.inf, False)]
)
def test_the_typical_error_may_be_twice_that_of_float32(error, passes):
    precisions, _ = judge(Answers("eager", 1e-3), Answers("engine", error))
    assert precisions["engine"].passed is passes
    assert precisions["engine"].allowed_typical == pytest.approx(2e-3)
    assert precisions["eager"].passed


@pytest.mark.parametrize(("worst", "passes"), [(3.9e-3, True), (4.1e-3, False)])
def test_the_worst_error_may_be_four_times_that_of_float32(worst, passes):
    error = np.full(LOGITS.shape, 1e-4)
    error[1, 1] = worst
    precisions, _ = judge(Answers("eager", 1e-3), Answers("engine", error))
    assert precisions["engine"].worst == pytest.approx(worst)
    assert precisions["engine"].passed is passes


def test_what_float32_cannot_resolve_is_allowed():
    precisions, _ = judge(Answers("eager"), Answers("engine", 2e-7))
    assert precisions["engine"].resolution == pytest.approx(3.0 * RESOLUTION)
    assert precisions["engine"].passed
    precisions, _ = judge(Answers("eager"), Answers("engine", 1e-5))
    assert not precisions["engine"].passed


def test_a_coarser_engine_is_allowed_more():
    precisions, _ = judge(Answers("eager", 1e-4), Answers("tf32", 0.5, coarseness=2.0**13))
    assert precisions["tf32"].passed
    precisions, _ = judge(Answers("eager", 1e-4), Answers("tf32", 0.5))
    assert not precisions["tf32"].passed


@pytest.mark.parametrize("overflown", [np.inf, np.nan])
def test_float32_that_overflows_bounds_nothing(overflown):
    precisions, _ = judge(Answers("eager", overflown), Answers("engine", 1e-3))
    assert not any(p.passed for p in precisions.values())


def test_a_flip_fails_where_the_truth_is_decided():
    error = np.zeros(LOGITS.shape)
    error[2, 1] = 1.5
    _, labels = judge(Answers("eager", 1e-3), Answers("engine", error))
    assert (labels["engine"].flips, labels["engine"].undecided_flips) == (1, 0)
    assert not labels["engine"].passed


def test_a_flip_is_counted_where_the_truth_is_not():
    error = np.zeros(LOGITS.shape)
    error[3, 1] = 0.002
    _, labels = judge(Answers("eager", 1e-3), Answers("engine", error))
    found = labels["engine"]
    assert (found.flips, found.undecided, found.undecided_flips) == (0, 1, 1)
    assert found.passed
    # Twice 0.002 is more than the smallest gap only.
    assert (found.clear, found.margin) == (3, 0.75)


def test_outputs_of_another_shape_fail():
    engine = Answers("engine")
    engine.run = lambda canvases: {"logits": LOGITS[: len(canvases), :1]}
    precisions, labels = judge(Answers("eager", 1e-3), engine)
    assert not precisions["engine"].passed
    assert labels["engine"].flips == 3


def test_nothing_compared_proves_nothing():
    empty = Population("empty", CANVASES, (slice(4, 4),))
    precisions, labels = judge(Answers("eager"), population=empty)
    assert not precisions["eager"].passed
    assert not labels["eager"].passed
    assert labels["eager"].margin == 0


@pytest.mark.filterwarnings("ignore:Duplicate provider")
def test_large_networks_see_the_whole_test_set_on_a_gpu(monkeypatch):
    """With the CPU in the GPU's place, since there is none here."""
    graph = graphs.graphs(trained_subject(weights.load("mlp")))["model"]
    monkeypatch.setattr(engines, "CUDA", engines.CPU)
    truth, several = engines.on_gpu(graph, onnx.save(graph), torchscript.save(graph), "cpu")
    names = [engine.name for engine in several]
    assert names == [
        "torch float32 cuda",
        "TorchScript cuda",
        "ONNX Runtime cuda",
        "ONNX Runtime cuda TF32",
    ]
    assert [engine.coarseness for engine in several] == [1, 1, 1, 2**13]
    canvases = np.random.default_rng(0).integers(0, 256, (70, 28, 28), dtype=np.uint8)
    ((precisions, labels),) = compare(truth, several, [chunked("whole", canvases, 32)])
    assert all(item.passed for item in (*precisions, *labels))
    assert {item.compared for item in labels} == {70}


def test_runs_may_overlap_and_each_counts():
    several = Population("batches", CANVASES, (slice(0, 1), slice(0, 4)))
    precisions, labels = judge(Answers("eager", 1e-3), population=several)
    assert precisions["eager"].compared == labels["eager"].compared == 5
