from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("skimage", reason="needs digits-edge[trials]")

from digits_models import data
from digits_models.trials import pages, pens, rerendered, scenes


def rng() -> np.random.Generator:
    return np.random.default_rng(3)


def seven() -> np.ndarray:
    canvas = np.zeros((28, 28), np.uint8)
    canvas[4:7, 8:20] = 255
    canvas[7:24, 16:20] = 255
    return canvas


def sitting(seed: int = 0) -> scenes.Sitting:
    return scenes.Sitting(seven(), seven(), np.random.default_rng(seed))


@pytest.mark.parametrize(("height", "width"), [(200, 400), (400, 60), (20, 20)])
def test_ink_fills_one_side_of_its_box(height: int, width: int):
    ink = pens.enlarged(seven(), height, width)
    expected = min(height / 20, width / 12)
    assert ink.shape == pytest.approx((20 * expected, 12 * expected), rel=0.08, abs=2)
    assert (ink.min(), ink.max()) == (0, 1)
    # The upper right part is ink, the lower left part is page.
    assert ink[: ink.shape[0] // 10, -ink.shape[1] // 4 :].mean() > 0.8
    assert ink[ink.shape[0] // 2 :, : ink.shape[1] // 3].max() == 0


def test_a_pen_has_its_width_and_keeps_the_stroke_whole():
    ink = pens.enlarged(seven(), 200, 200)
    line = pens.redrawn(ink, 1)
    assert set(np.unique(line)) == {0, 1}
    assert line.sum() == pytest.approx(200 + 100, rel=0.2)
    thick = pens.redrawn(ink, 12)
    assert thick[100].sum() == pytest.approx(12, abs=1.5)
    for drawn in (line, thick):
        assert ndimage.label(drawn > 0.5, np.ones((3, 3)))[1] == 1


def test_a_canvas_is_as_mnist_makes_them():
    canvas = pens.canvas(pens.enlarged(seven(), 300, 300))
    assert canvas.shape == (28, 28)
    rows, columns = np.nonzero(canvas > 64)
    assert np.ptp(rows) + 1 == pytest.approx(20, abs=1)
    assert np.ptp(columns) + 1 == pytest.approx(12, abs=1)
    assert ndimage.center_of_mass(canvas) == pytest.approx((13.5, 13.5), abs=0.6)


def test_ink_beyond_the_page_is_lost():
    page = pages.plain(4, 4, pages.WHITE)
    drawn = pages.over(page, np.ones((3, 3)), (0, 0, 0), -2, 3)
    assert (page == 255).all()
    assert (drawn[..., 0] == 0).sum() == 1
    assert drawn[0, 3, 0] == 0
    assert (pages.over(page, np.ones((3, 3)), (0, 0, 0), 9, 0) == 255).all()


@pytest.mark.parametrize("kind", scenes.KINDS)
def test_every_kind_is_a_picture_within_its_sizes(kind: str):
    drawn = scenes.KINDS[kind](sitting())
    assert drawn.ndim == 3
    assert drawn.shape[2] == (4 if kind == "transparent" else 3)
    assert min(drawn.shape[:2]) >= 20
    assert max(drawn.shape[:2]) <= 2.7 * scenes.LARGEST
    assert drawn.std() > 1
    assert np.array_equal(drawn, scenes.KINDS[kind](sitting()))


def test_thin_pens_are_one_pixel_wide():
    drawn = scenes.KINDS["thin-pen"](sitting(1))[..., 0]
    ink = np.abs(drawn - np.median(drawn)) > 40
    assert not ndimage.binary_erosion(ink, np.ones((2, 2))).sum() > 0.02 * ink.sum()


@pytest.mark.parametrize("seed", range(8))
def test_digits_touch_the_frame(seed: int):
    drawn = scenes.KINDS["touching-frame"](sitting(seed))[..., 0]
    ink = np.abs(drawn - np.median(drawn)) > 20
    assert max(ink[0].sum(), ink[-1].sum(), ink[:, 0].sum(), ink[:, -1].sum()) > 0


def test_small_digits_are_a_tenth_of_the_page():
    drawn = scenes.KINDS["small"](sitting())[..., 1]
    rows = np.nonzero(np.median(drawn) - drawn > 60)[0]
    assert 0.03 < (np.ptp(rows) + 1) / drawn.shape[0] < 0.2


def test_shadows_are_darker_by_a_third_or_more():
    page = pages.hard_shadow(pages.plain(60, 60, pages.WHITE), rng())
    assert page.max() == pytest.approx(255, abs=2)
    assert 0.35 < page.min() / 255 < 0.72
    assert pages.soft_light(pages.plain(60, 60, pages.WHITE), rng()).min() < 0.85 * 255


@pytest.mark.parametrize("draw", [pages.ruled, pages.squared])
def test_lines_come_at_their_spacing(draw):
    page = draw(pages.plain(200, 200, pages.WHITE), 20, (0, 0, 0), rng())
    for axis in [0] if draw is pages.ruled else [0, 1]:
        dark = (page[..., 0].take(100, 1 - axis) < 200).astype(int)
        assert (np.diff(dark) == 1).sum() == pytest.approx(10, abs=1)


def test_pictures_do_not_depend_on_the_limit(monkeypatch: pytest.MonkeyPatch):
    def load(name: str, split: str, _: Path | None) -> tuple[np.ndarray, np.ndarray]:
        assert (name, split) == ("mnist", "test")
        return np.stack([seven()] * 5), np.arange(5)

    monkeypatch.setattr(data, "load", load)
    monkeypatch.setattr(rerendered, "KINDS", {"jpeg": scenes.KINDS["jpeg"]})
    one, two = (list(rerendered.make(None, limit, 0)) for limit in (1, 2))
    assert one[0].image == two[0].image
    assert (one[0].label, one[0].kind, one[0].quality) == (two[0].label, "jpeg", 20)
    assert len(two) == 2
