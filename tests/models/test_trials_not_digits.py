from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

pytest.importorskip("skimage", reason="needs digits-edge[trials]")
pytest.importorskip("HersheyFonts", reason="needs digits-edge[trials]")

from digits_models import data
from digits_models.trials import doodles, empty, letters, not_digits, several, strokes
from digits_models.trials.sets import SETS


def rng(seed: int = 3) -> np.random.Generator:
    return np.random.default_rng(seed)


def pieces(ink: np.ndarray) -> int:
    return int(ndimage.label(ink > 0.5, np.ones((3, 3)))[1])


def bars(count: int) -> np.ndarray:
    digits = np.zeros((count, 28, 28), np.uint8)
    digits[:, 4:24, 12:16] = 255
    digits[:, 4:8, 12:20] = 255
    return digits


KINDS = [kind for kind in not_digits.KINDS if kind != not_digits.FONTS or letters.script_fonts()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(4))
def test_every_kind_is_a_picture(kind: str, seed: int):
    drawn = not_digits.KINDS[kind](bars(5), rng(seed))
    assert drawn.ndim == 2 or drawn.shape[2] == 3
    assert min(drawn.shape[:2]) >= 8
    assert max(drawn.shape[:2]) <= 800
    assert np.array_equal(drawn, not_digits.KINDS[kind](bars(5), rng(seed)))


@pytest.mark.parametrize("seed", range(12))
def test_digits_in_a_row_are_apart_and_touching_ones_are_not(seed: int):
    assert pieces(several.row(list(bars(2)), rng(seed))) == 2
    assert pieces(several.row(list(bars(3)), rng(seed))) == 3
    both = several.touching(list(bars(2)), rng(seed))
    assert pieces(both) == 1
    assert both[[0, -1]].max(1).min() > 0.1


def test_faint_digits_that_grow_in_enlarging_still_fit():
    faint = np.zeros((28, 28), np.uint8)
    faint[10:16, 8:20] = 70
    faint[12:14, 8:20] = 90
    for seed in range(20):
        assert several.row([faint, bars(1)[0]], rng(seed)).max() == 1


def test_gaps_are_between_boxes_or_between_ink():
    left, right = np.zeros((20, 10)), np.zeros((20, 10))
    left[:, 5], right[:, 4] = 1, 1
    assert several.join(left, right, 4, close=False).shape == (20, 24)
    near = several.join(left, right, 4, close=True)
    assert np.array_equal(np.flatnonzero(near[5]), [5, 10])


def test_letters_are_all_but_those_that_are_digits():
    assert len(letters.LETTERS) + len(letters.ALIKE) == 52
    assert not set(letters.LETTERS) & set(letters.ALIKE)
    assert not set("Oo0Il1Zz2Ss5b6qg9") & set(letters.LETTERS)


@pytest.mark.parametrize("font", letters.PEN_FONTS)
def test_every_letter_has_strokes_in_every_pen_font(font: str):
    for letter in letters.LETTERS + letters.ALIKE:
        ink = strokes.inked(strokes.shaken(letters._strokes(font, letter), rng()), 100, 6)
        assert max(ink.shape) == pytest.approx(106, abs=6)
        assert 0.02 < ink.mean() < 0.8


def test_the_same_letter_is_written_differently_each_time():
    one, two = (letters.written("A", rng(seed)) for seed in (0, 1))
    assert one.shape != two.shape
    assert 1 <= pieces(letters.written("E", rng())) <= 4


def test_strokes_are_as_wide_as_the_pen():
    line = [np.array([(0.0, 0.0), (0.0, 1.0)])]
    ink = strokes.inked(line, 100, 8)
    assert ink[50].sum() == pytest.approx(8, abs=1)
    assert len(ink) == pytest.approx(108, abs=2)


def test_an_unshaken_stroke_keeps_its_form():
    square = [np.array([(0.0, 0.0), (4.0, 0.0), (4.0, 4.0)])]
    assert strokes.unit(square)[0] == pytest.approx(np.array([(-1, -1), (1, -1), (1, 1)]))
    assert strokes.dense(square[0], 5)[2] == pytest.approx((4, 0))
    assert strokes.shaken(square, rng(), 0)[0][0] == pytest.approx((-0.923, -1), abs=1e-3)


def test_blank_pages_are_blank():
    for seed in range(40):
        page = empty.blank(rng(seed))
        near = np.abs(np.diff(ndimage.gaussian_filter(page, (1.5, 1.5, 0)), axis=0))
        assert near.max() < 25


def test_doodles_are_several_bends_of_ink():
    assert {"circle", "line"}.isdisjoint(doodles.SHAPES)
    for draw in (doodles.shape, doodles.scribble):
        ink = draw(rng())
        assert 150 < max(ink.shape) < 260
        assert 0.01 < ink.mean() < 0.6


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, split: str, _: Path | None) -> tuple[np.ndarray, np.ndarray]:
        assert (name, split) == ("mnist", "test")
        return bars(5), np.arange(5)

    monkeypatch.setattr(data, "load", load)


@pytest.mark.usefixtures("mnist")
def test_none_has_a_label():
    made = list(SETS["not-digits"](None, 1, 0))
    assert [item.kind for item in made] == KINDS
    assert {item.label for item in made} == {""}


@pytest.mark.usefixtures("mnist")
def test_without_script_fonts_their_kind_is_left_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(letters, "script_fonts", tuple)
    assert not_digits.FONTS not in {item.kind for item in not_digits.make(None, 1, 0)}
    assert "letters-font: left out: install fonts-" in capsys.readouterr().err
