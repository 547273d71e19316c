"""`photo` fills the canvas with the middle of the picture, light on black."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digits_models import data, weights
from digits_models.classifier import CanvasClassifier
from digits_models.front import build_front

COUNT = 2000


def see(*pictures: np.ndarray) -> tuple[np.ndarray, ...]:
    """Pictures uint8 [h, w] or [h, w, 3] of one size → the front end's outputs."""
    colour = [np.repeat(p[..., None], 3, axis=2) if p.ndim == 2 else p for p in pictures]
    with torch.no_grad():
        return tuple(
            out.numpy() for out in build_front("photo")(torch.from_numpy(np.stack(colour)))
        )


def canvas_of(picture: np.ndarray) -> np.ndarray:
    return see(picture)[0][0].astype(float)


def garment(side: int) -> np.ndarray:
    """A soft light blob on black, uint8 [side, side], the same at every size."""
    y, x = (np.mgrid[0:side, 0:side] + 0.5) / side * 2 - 1
    shape = np.exp(-3 * (x**4 + (0.8 * y) ** 4)) * (0.8 + 0.2 * np.sin(5 * x + 3 * y))
    return np.rint(230 * shape).astype(np.uint8)


def test_a_canvas_goes_through_unchanged() -> None:
    canvas, clean, box, _ = see(garment(28))
    np.testing.assert_array_equal(canvas[0], garment(28))
    np.testing.assert_array_equal(clean[0], garment(28))
    assert box[0].tolist() == [0, 0, 28, 28]


def test_dark_on_white_is_inverted() -> None:
    canvas, clean, _, evidence = see(255 - garment(28))
    np.testing.assert_array_equal(canvas[0], garment(28))
    np.testing.assert_array_equal(clean[0], 255 - garment(28))
    assert evidence[0, 0] == pytest.approx(garment(28).std() / 255, abs=1e-3)


@pytest.mark.parametrize("side", [56, 100, 280, 1000])
@pytest.mark.parametrize("dark_on_white", [False, True])
def test_size_and_polarity_leave_the_canvas(side: int, dark_on_white: bool) -> None:
    picture = 255 - garment(side) if dark_on_white else garment(side)
    assert np.abs(canvas_of(picture) - garment(28)).max() <= 8
    assert np.abs(canvas_of(picture) - garment(28)).mean() <= 1.5


@pytest.mark.parametrize(("before", "after"), [(0, 90), (45, 45), (31, 60)])
@pytest.mark.parametrize("axis", [0, 1])
def test_the_middle_square_is_cut_out(before: int, after: int, axis: int) -> None:
    # What is beside the square is bright and busy, and must not be seen.
    side, start = 280, (before + after) / 2
    long = np.full((side, side + before + after), 200, np.uint8)
    middle = slice(round(start), round(start) + side)
    long[:, middle] = garment(side)
    picture = long.T if axis == 0 else long
    canvas, _, box, _ = see(np.ascontiguousarray(picture))
    expected = canvas_of(garment(side).T if axis == 0 else garment(side))
    # The filter reaches one canvas pixel beyond the cut.
    inner = (slice(None), slice(1, -1))
    difference = np.abs(canvas[0] - expected)
    assert (difference.T if axis == 0 else difference)[inner].max() <= 5
    corner = [0, start] if axis == 0 else [start, 0]
    assert box[0].tolist() == pytest.approx([*corner, corner[0] + side, corner[1] + side])


def test_colour_becomes_grey_as_television_does_it() -> None:
    picture = np.zeros((28, 28, 3), np.uint8)
    for row, colour in enumerate(np.eye(3, dtype=np.uint8) * 255):
        picture[8 + 4 * row : 12 + 4 * row, 5:23] = colour
    canvas = canvas_of(picture)
    assert [canvas[row, 14] for row in (9, 13, 17)] == [76, 150, 29]


@pytest.fixture(scope="module")
def fashion(full_data: Path) -> tuple[np.ndarray, np.ndarray]:
    images, labels = data.load("fashion-mnist", "test", full_data)
    return images[:COUNT], labels[:COUNT]


def accuracy(canvases: np.ndarray, labels: np.ndarray) -> float:
    trained = weights.load("lenet-sigmoid")
    prepare = trained.architecture.prepare()
    classifier = CanvasClassifier(prepare, trained.network, trained.temperature).eval()
    with torch.no_grad():
        logits = classifier(torch.from_numpy(canvases))[0]
    return float((logits.argmax(1).numpy() == labels).mean())


@pytest.mark.usefixtures("one_thread")
@pytest.mark.parametrize("method", [Image.Resampling.NEAREST, Image.Resampling.BICUBIC])
def test_fashion_dark_on_white_and_ten_times_larger_costs_one_point_at_most(
    method: Image.Resampling, fashion: tuple[np.ndarray, np.ndarray]
) -> None:
    images, labels = fashion
    seen = []
    for start in range(0, COUNT, 50):
        batch = [Image.fromarray(255 - image) for image in images[start : start + 50]]
        seen.append(see(*(np.asarray(image.resize((280, 280), method)) for image in batch))[0])
    before, after = accuracy(images, labels), accuracy(np.concatenate(seen), labels)
    assert before >= 0.88
    assert after >= before - 0.01, f"{before:.2%} as canvases, {after:.2%} re-rendered"
