"""Calibration images of the wrong kind are refused, with the reason."""

import numpy as np
import pytest
from PIL import Image

from digits.errors import InputError
from digits_export.variants import calibration, training_images
from digits_export.variants.training_images import training_images as images_for
from digits_models import data


@pytest.fixture(autouse=True)
def no_test_set(monkeypatch):
    monkeypatch.setattr(training_images, "test_set", lambda *_: None)


def refused(name, canvases, test=None):
    with pytest.raises(InputError) as caught:
        calibration.check(name, canvases, (28, 28), test)
    return str(caught.value)


def test_good_ones_are_taken(canvases):
    assert calibration.check("set", canvases, (28, 28), canvases[:0]) is not None


@pytest.mark.parametrize(
    ("shape", "dtype", "said"),
    [
        ((200, 32, 32), np.uint8, "uint8 [200, 32, 32]"),
        ((200, 28, 28), np.float32, "float32 [200, 28, 28]"),
        ((200, 1, 28, 28), np.uint8, "uint8 [200, 1, 28, 28]"),
    ],
)
def test_another_shape_or_dtype(shape, dtype, said):
    message = f"set: holds {said}, the classifier takes uint8 ['N', 28, 28]: give canvases of that"
    assert refused("set", np.zeros(shape, dtype)).startswith(message)


def test_too_few(canvases):
    assert refused("set", canvases[:99]) == (
        "set: 99 calibration images are too few: give 100 or more"
    )


def test_blank_ones(canvases):
    spoilt = canvases.copy()
    spoilt[7], spoilt[12] = 0, 200
    assert refused("set", spoilt) == (
        "set: 2 of 300 calibration images are of one level, the first is number 7: leave them out"
    )


def test_copies_of_a_few(canvases):
    copies = np.repeat(canvases[:4], 50, axis=0)
    assert refused("set", copies).startswith("set: only 4 of 200 calibration images differ")


def test_images_of_the_test_set(canvases):
    assert refused("set", canvases, canvases[100:103]) == (
        "set: 3 of its images are in the test set, which measures the result: give training images"
    )


def test_another_data_set(subject):
    with pytest.raises(InputError, match="fashion-mnist can't calibrate cnn: its labels are t-shi"):
        images_for(subject, "fashion-mnist", 10)


def test_a_data_set_that_is_not_there(subject, monkeypatch, tmp_path):
    monkeypatch.setenv("DIGITS_DATA", str(tmp_path))
    with pytest.raises(InputError, match=r"MNIST isn't in .*, and calibration needs its training"):
        images_for(subject, None, 10)
    assert list(tmp_path.iterdir()) == []


def test_its_own_are_training_images_from_all_over_the_set(subject, canvases, monkeypatch):
    asked = []
    monkeypatch.setattr(data, "present", lambda _: True)
    monkeypatch.setattr(data, "load", lambda *args: (asked.append(args), (canvases, None))[1])
    chosen = images_for(subject, None, 3)
    assert asked == [("mnist", "train")]
    np.testing.assert_array_equal(chosen, canvases[[0, 150, 299]])


def test_a_file_of_canvases(subject, canvases, tmp_path):
    np.save(tmp_path / "own.npy", canvases)
    assert images_for(subject, str(tmp_path / "own.npy"), 120).shape == (120, 28, 28)
    (tmp_path / "own.npy").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"own\.npy: can't be read as an array of canvases"):
        images_for(subject, str(tmp_path / "own.npy"), 120)


def test_a_folder_goes_through_the_front_end(subject, canvases, tmp_path):
    for i, canvas in enumerate(canvases[:100]):
        (tmp_path / str(i % 10)).mkdir(exist_ok=True)
        Image.fromarray(canvas).save(tmp_path / str(i % 10) / f"{i}.png")
    found = images_for(subject, str(tmp_path), 100)
    assert found.shape == (100, 28, 28)
    names = "".join(f"{i % 10}/{i}.png,{i % 10}\n" for i in range(99))
    (tmp_path / "labels.csv").write_text(f"file,label\n{names}0/0.png,cat\n")
    with pytest.raises(InputError, match="the model doesn't know the label 'cat'"):
        images_for(subject, str(tmp_path), 100)
