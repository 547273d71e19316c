"""The canvases of the classifier's proof, and those that nearly tie."""

import numpy as np
import pytest

from digits_export import engines, graphs, populations
from digits_export.adversarial import gaps, near_ties
from digits_export.subject import trained_subject
from digits_models import weights

GOLDENS = np.arange(3 * 28 * 28, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
SMALL = populations.Extent(test=5, random=10, extreme=7, ties=2, batch=8)


@pytest.fixture(scope="module", params=["mlp", "lenet"])
def truth(request):
    return engines.truth(graphs.graphs(trained_subject(weights.load(request.param)))["model"])


def made(truth, test):
    return {p.name: p for p in populations.populations(truth, GOLDENS, test, SMALL)}


def test_all_kinds_are_there_with_the_test_set_if_it_is_at_hand(truth):
    names = ["goldens", "random", "extreme", "near ties", "batches of 1 to 8"]
    assert list(made(truth, None)) == names
    found = made(truth, np.full((9, 28, 28), 3, np.uint8))
    assert sorted(found) == sorted([*names, "test set"])
    assert len(found["test set"].canvases) == 5
    assert 5 <= len(found["extreme"].canvases) <= 7


def test_every_canvas_runs_in_batches_of_the_allowed_size(truth):
    for name, population in made(truth, None).items():
        sizes = [len(population.canvases[run]) for run in population.runs]
        assert max(sizes) <= 8
        if "batches" in name:
            assert sizes == [1, 2, 3, 5, 7, 8]
        else:
            assert sum(sizes) == len(population.canvases)


def test_noise_is_of_several_kinds_and_the_same_every_time():
    first, second = (
        populations.random_canvases(np.random.default_rng(0), 50, (28, 28)) for _ in range(2)
    )
    assert np.array_equal(first, second)
    assert first.shape == (50, 28, 28)
    assert (first[1::5] == 0).mean() > 0.85
    assert set(np.unique(first[2::5])) == {0, 255}
    assert first[3::5].max() == 15
    assert (first[4::5, ::4] == first[4::5, 1::4]).all()


@pytest.mark.parametrize("shape", [(28, 28), (3, 10, 12), (1, 1)])
def test_extremes_come_light_and_dark_in_any_shape(shape):
    canvases = populations.extreme_canvases(shape)
    assert canvases.shape[1:] == shape
    half = len(canvases) // 2
    assert np.array_equal(canvases[:half], 255 - canvases[half:])


def test_a_data_set_that_is_not_at_hand_is_not_fetched(monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    assert populations.test_set("mnist", (28, 28)) is None
    assert populations.test_set("labels.txt", (28, 28)) is None
    assert not list(tmp_path.iterdir())


def test_near_ties_tie_nearly(truth):
    start = populations.random_canvases(np.random.default_rng(1), 20, (28, 28))
    tied = near_ties(truth, start)
    assert tied.dtype == np.uint8
    assert tied.shape == start.shape
    assert np.median(gaps(truth, tied)) < 1e-4
    assert np.median(gaps(truth, start)) > 0.05
    assert len(near_ties(truth, start[:0])) == 0
