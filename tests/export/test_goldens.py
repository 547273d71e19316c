"""Goldens: the trained net's answers, which any device can read back."""

import io

import numpy as np
import pytest

from digits.images import load_pixels
from digits_export import engines, goldens, graphs, inputs
from digits_export.golden_files import golden_files
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture
def made(quick):  # noqa: ARG001, fixtures of fixtures are named so
    several = graphs.graphs(trained_subject(weights.load("mlp")))
    return goldens.make(engines.truth(several["front"]), engines.truth(several["model"]))


def test_answers_are_those_of_the_net(made):
    truth = engines.truth(graphs.graphs(trained_subject(weights.load("mlp")))["model"]).run(
        made["canvas"]
    )
    for name in ("logits", "probabilities"):
        assert made[name].dtype == np.float64
        assert np.abs(made[name] - truth[name]).max() <= 5e-10
    assert made["probabilities"].sum(1) == pytest.approx(np.ones(len(made["canvas"])), abs=1e-8)


def test_every_image_comes_with_what_the_front_end_sees(made):
    images = inputs.golden_images()
    for i, image in enumerate(images):
        assert np.array_equal(made[f"image_{i}"], image)
        assert np.array_equal(made[f"image_{i}_canvas"], made["canvas"][i])
        assert np.array_equal(made[f"image_{i}_probabilities"], made["probabilities"][i])
        assert made[f"image_{i}_box"].shape == (4,)
        assert made[f"image_{i}_evidence"] == pytest.approx([image.mean() / 255], abs=1e-9)
    assert f"image_{len(images)}" not in made


def test_some_images_come_as_files(made):
    truth = engines.truth(graphs.graphs(trained_subject(weights.load("mlp")))["model"])
    files = list(golden_files())
    assert {name for name in made if name.endswith("_shift")} == {
        f"image_{file.image}_{file.form}_shift" for file in files if file.lossy
    }
    for file in files:
        name = f"image_{file.image}_{file.form}"
        assert np.array_equal(made[name], file.data)
        if file.lossy:
            level = np.rint(load_pixels(file.data.tobytes()).mean())  # all that the front end sees
            found = truth.run(np.full((1, 28, 28), level, np.uint8))["probabilities"][0]
            shift = np.abs(found - made[f"image_{file.image}_probabilities"]).max()
            assert shift <= made[f"{name}_shift"] < shift + 0.01


def test_differences_are_rounded_up():
    assert [float(goldens._rounded_up(value)) for value in (0.0, 0.0001, 0.011)] == [0, 0.01, 0.02]


def test_round_trip_without_pickles(made):
    data = goldens.serialise(made)
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        assert set(file.files) == set(made)
        assert all(np.array_equal(file[name], made[name]) for name in file.files)
    assert goldens.serialise(made) == data


def test_zeros_have_no_sign():
    rounded = goldens._rounded(np.array([-1e-12, -0.0, 1.23456789012]))
    assert not np.signbit(rounded[:2]).any()
    assert rounded[2] == 1.23456789
