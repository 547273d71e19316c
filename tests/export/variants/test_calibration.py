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
    many = np.resize(canvases, (3000, 28, 28))
    many[:, 0, :2] = np.arange(3000)[:, None] // [1, 250] % 250
    monkeypatch.setattr(data, "load", lambda *args: (asked.append(args), (many, None))[1])
    chosen = images_for(subject, None, 3).canvases
    assert asked == [("mnist", "train")]
    np.testing.assert_array_equal(chosen, many[[0, 1501, 2999]])


def test_a_file_of_canvases(subject, canvases, tmp_path):
    np.save(tmp_path / "own.npy", canvases)
    assert images_for(subject, str(tmp_path / "own.npy"), 120).canvases.shape == (120, 28, 28)
    (tmp_path / "own.npy").write_bytes(b"junk")
    with pytest.raises(InputError, match=r"own\.npy: can't be read as an array of canvases"):
        images_for(subject, str(tmp_path / "own.npy"), 120)


def test_a_folder_goes_through_the_front_end(subject, canvases, tmp_path):
    for i, canvas in enumerate(canvases[:100]):
        (tmp_path / str(i % 10)).mkdir(exist_ok=True)
        Image.fromarray(canvas).save(tmp_path / str(i % 10) / f"{i}.png")
    found = images_for(subject, str(tmp_path), 100)
    assert found.canvases.shape == (100, 28, 28)
    names = "".join(f"{i % 10}/{i}.png,{i % 10}\n" for i in range(99))
    (tmp_path / "labels.csv").write_text(f"file,label\n{names}0/0.png,cat\n")
    with pytest.raises(InputError, match="the model doesn't know the label 'cat'"):
        images_for(subject, str(tmp_path), 100)


@pytest.mark.parametrize(("count", "size"), [(100, 100), (200, 200), (201, 101), (1999, 1000)])
def test_half_of_a_set_can_be_held_out(count, size):
    chosen = calibration.pool(count)
    assert len(chosen) == len(np.unique(chosen)) == size
    np.testing.assert_array_equal(chosen, calibration.pool(count))
    rest = calibration.others(count, chosen)
    np.testing.assert_array_equal(np.union1d(chosen, rest), np.arange(count))
    if count > 200:
        # Labels that take turns would come to one half alone if every other image were taken.
        assert np.bincount(chosen % 10).min() >= size // 20


def different(canvases, count):
    """So many canvases, all different, their labels taking turns."""
    several = np.resize(canvases, (count, 28, 28))
    several[:, 0, 0], several[:, 0, 1] = np.arange(count) // 200, np.arange(count) % 200
    return several


def save(canvases, folder):
    """A folder of labelled images: number i shows i % 10."""
    for i, canvas in enumerate(canvases):
        place = folder / str(i % 10)
        place.mkdir(parents=True, exist_ok=True)
        Image.fromarray(canvas).save(place / f"{i:04}.png")
    return str(folder)


def test_held_out_images_are_others_with_their_labels(subject, canvases, tmp_path):
    folder = save(different(canvases, 210), tmp_path)
    found = images_for(subject, folder, 1000, 1000)
    assert found.held_out
    assert (len(found.canvases), len(found.judges)) == (105, 105)
    known = {canvas.tobytes() for canvas in found.canvases}
    assert not [canvas for canvas in found.judges if canvas.tobytes() in known]
    again = images_for(subject, folder, 1000, 1000)
    np.testing.assert_array_equal(found.judges, again.judges)
    # The labels are in the order of the folder's images, 21 of each.
    assert (np.diff(found.labels) >= 0).all()
    assert np.bincount(found.labels).min() >= 5
    fewer = images_for(subject, folder, 1000, 60)
    assert (len(fewer.judges), len(fewer.labels)) == (60, 60)
    np.testing.assert_array_equal(fewer.canvases, found.canvases)


def test_a_test_set_at_hand_changes_nothing_but_what_is_held_out(
    subject, canvases, tmp_path, monkeypatch
):
    np.save(tmp_path / "own.npy", different(canvases, 210))
    without = images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
    monkeypatch.setattr(training_images, "test_set", lambda *_: canvases[:0])
    beside = images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
    np.testing.assert_array_equal(beside.canvases, without.canvases)
    assert (without.held_out, beside.held_out) == (True, False)
    assert without.labels is None


def test_of_a_few_none_are_held_out(subject, canvases, tmp_path):
    np.save(tmp_path / "own.npy", different(canvases, 200))
    found = images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
    assert not found.held_out
    np.testing.assert_array_equal(found.judges, found.canvases)
    large = images_for(subject, str(tmp_path / "own.npy"), 32, 1000)
    assert (large.held_out, len(large.canvases), len(large.judges)) == (True, 32, 168)


def test_copies_of_what_calibrates_do_not_judge(subject, canvases, tmp_path):
    some = different(canvases, 400)
    chosen = calibration.pool(400)
    rest = calibration.others(400, chosen)
    some[rest[:120]] = some[chosen[:120]]
    np.save(tmp_path / "own.npy", some)
    found = images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
    assert found.held_out
    np.testing.assert_array_equal(found.judges, some[rest[120:]])
    some[rest[:160]] = some[chosen[:160]]
    np.save(tmp_path / "own.npy", some)
    found = images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
    assert not found.held_out
    np.testing.assert_array_equal(found.judges, found.canvases)


def test_blank_ones_do_not_judge(subject, canvases, tmp_path):
    some = different(canvases, 400)
    some[calibration.others(400, calibration.pool(400))[3]] = 9
    np.save(tmp_path / "own.npy", some)
    with pytest.raises(InputError, match="1 of 400 calibration images are of one level"):
        images_for(subject, str(tmp_path / "own.npy"), 1000, 1000)
