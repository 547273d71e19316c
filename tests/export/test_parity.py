"""The proof: what fails it, and that it can't pass on nothing."""

import warnings

import numpy as np
import pytest

from digits_export import parity
from digits_export.parity import compare, distance, flips

SURE = np.array([[0.9, 0.1], [0.2, 0.8], [0.505, 0.495]])
PIXELS = np.zeros((3, 1, 1), np.uint8)


class Answers:
    """An engine that knows its answers by heart."""

    def __init__(self, name="engine", **outputs):
        self.name = name
        self.outputs = {key: np.asarray(value, np.float64) for key, value in outputs.items()}

    def run(self, _):
        return self.outputs


ALLOWED = parity.TOLERANCE | {"logits": 1e-5, "probabilities": 1e-5}


def proved(truth, *engines, cases=(("zeros", PIXELS),), classify=None):
    found = compare("model", truth, engines, cases, ALLOWED, classify)
    return {(c.engine, c.output): c for c in found}


def test_equal_answers_pass_with_figures():
    engine = Answers(logits=SURE, probabilities=SURE)
    found = proved(engine, engine, cases=[("a", PIXELS), ("b", PIXELS)])
    assert all(c.passed for c in found.values())
    assert {output: c.compared for (_, output), c in found.items()} == {
        "logits": 6,
        "probabilities": 6,
        "labels": 4,  # the third is undecided
    }
    assert {c.worst for c in found.values()} == {0.0}


@pytest.mark.parametrize("output", ["logits", "probabilities"])
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 0.2])
def test_one_wrong_value_fails_and_is_located(output, wrong):
    truth = {"logits": SURE, "probabilities": SURE}
    spoilt = SURE.copy()
    spoilt[2, 1] = wrong
    eager, engine = Answers("eager", **truth), Answers("bad", **truth | {output: spoilt})
    calls = iter([eager, engine])
    engine.run = lambda _: next(calls).outputs
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        cases = [("good", PIXELS), ("spoilt", PIXELS)]
        found = proved(eager, eager, engine, cases=cases)
    assert [key for key, c in found.items() if not c.passed] == [("bad", output)]
    assert found["bad", output].case == "spoilt"
    assert found["eager", output].passed


def test_nan_in_truth_and_engine_alike_fails():
    both = Answers(probabilities=np.full((3, 2), np.nan))
    assert not proved(both, both)["engine", "probabilities"].passed


def test_nothing_compared_proves_nothing():
    engine = Answers(logits=SURE)
    nothing = proved(engine, engine, cases=[("none", PIXELS[:0])])
    assert not any(c.passed for c in nothing.values())
    assert list(compare("m", engine, [engine], [])) == []
    summary = parity._summary("m", "e", "logits", [parity._Difference("none", 0, 0.0, 1.0)])
    assert not summary.passed


def test_other_shapes_fail():
    truth = Answers(logits=SURE, probabilities=SURE)
    short = Answers("short", logits=SURE[:2], probabilities=SURE[:, :1])
    found = proved(truth, truth, short)
    assert not found["short", "logits"].passed
    assert not found["short", "probabilities"].passed
    assert found["short", "labels"].worst == 3


def test_a_flip_counts_where_the_truth_is_decided():
    assert flips(SURE[:, ::-1], SURE) == 2
    assert flips(SURE, SURE) == 0
    network_that_learnt_nothing = Answers(probabilities=np.full((3, 2), 0.5))
    found = proved(network_that_learnt_nothing, network_that_learnt_nothing)
    assert found["engine", "labels"].compared == 0
    assert found["engine", "labels"].passed


@pytest.mark.parametrize(("times", "passes"), [(3.9, True), (4.1, False)])
def test_an_engine_may_be_some_times_as_wrong_as_float32(times, passes):
    truth = Answers(canvas=np.zeros((3, 2)))
    eager = Answers("torch float32", canvas=np.full((3, 2), 10.0))
    engine = Answers(canvas=np.full((3, 2), 10.0 * times))
    found = proved(truth, eager, engine)
    assert found["engine", "canvas"].allowed == parity.EAGER_FACTOR * 10
    assert found["engine", "canvas"].passed is passes


@pytest.mark.parametrize("eager", [np.inf, np.nan])
def test_float32_that_overflows_bounds_nothing(eager):
    truth = Answers(canvas=np.zeros((3, 2)))
    overflown = Answers("torch float32", canvas=np.full((3, 2), eager))
    found = proved(truth, overflown, Answers(canvas=np.full((3, 2), 100.0)))
    assert not any(c.passed for c in found.values())


def test_the_bound_is_that_of_the_same_input():
    outputs = iter([0.0, 50.0, 0.0, 30.0, 30.0, 0.0])
    engine = Answers(canvas=0)
    engine.run = lambda _: {"canvas": np.full((3, 2), next(outputs))}
    # truth 0, eager 50, engine 0 on the first; truth 30, eager 30, engine 0 on the second.
    eager = Answers("eager", canvas=0)
    eager.run = engine.run
    found = proved(engine, eager, engine, cases=[("noise", PIXELS), ("page", PIXELS)])
    worst = found["engine", "canvas"]
    assert (worst.case, worst.worst, worst.allowed) == ("page", 30, parity.TOLERANCE["canvas"])
    assert not worst.passed


def test_boxes_are_measured_by_the_side():
    truth = Answers(box=[[0.0, 0.0, 50.0, 100.0]])
    engine = Answers(box=[[0.0, 0.0, 50.0, 101.0]])
    found = proved(truth, engine, cases=[("page", np.zeros((1, 100, 50, 3), np.uint8))])
    assert found["engine", "box"].worst == pytest.approx(1 / 100)


def test_probabilities_are_compared_on_the_canvas_that_the_engine_made():
    class Classifier:
        def run(self, canvas):
            return {"probabilities": np.stack([canvas[:, 0] / 10, 1 - canvas[:, 0] / 10], 1)}

    truth = Answers(canvas=[[1.0]], probabilities=[[0.1, 0.9]])
    honest = Answers("honest", canvas=[[2.0]], probabilities=[[0.2, 0.8]])
    wrong = Answers("wrong", canvas=[[2.0]], probabilities=[[0.1, 0.9]])
    found = proved(truth, truth, honest, wrong, classify=Classifier())
    assert found["honest", "probabilities"].passed
    assert not found["wrong", "probabilities"].passed


def test_huge_differences_have_figures_without_a_warning():
    found = proved(Answers(logits=[[1e150, 0.0]]), Answers(logits=[[0.0, 0.0]]))
    assert found["engine", "logits"].worst == found["engine", "logits"].typical == 1e150
    assert distance(np.array([1e300]), np.array([-1e300])) == 2e300
