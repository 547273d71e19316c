"""`ink` finds the digit: the canvas is the digit's, whatever it was drawn on, and with, and where.

The digits are drawn by the samples' pen. Differences of canvases are means over their 28×28 pixels,
in grey levels, the worst of the ten digits; canvases of different digits differ by 19 and more.
"""

import io
import itertools
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digits_models.front import build_front

SAMPLES = Path(__file__).parents[2] / "samples"
WHITE, BLACK = (255, 255, 255), (0, 0, 0)
SIDE = 280
HEIGHT = 170  # of the digits, in pixels
MIDDLE = (SIDE / 2, SIDE / 2, HEIGHT)
LARGE = (1000, 640)
CORNER = (760, 220, 120)

FRONT = build_front("ink")

pytestmark = pytest.mark.usefixtures("one_thread")


def see(picture: np.ndarray) -> tuple[np.ndarray, ...]:
    """Picture uint8 [h, w, 3] → canvas (as float), clean, box, evidence."""
    with torch.no_grad():
        outputs = FRONT(torch.from_numpy(np.array(picture))[None])
    canvas, *rest = (out[0].numpy() for out in outputs)
    return (canvas.astype(float), *rest)


@cache
def cover(digit: int, size: tuple[int, int], place: tuple[float, float, float]) -> np.ndarray:
    """Ink 0…1 [h, w] of one hand's digit; `place` is its centre x, y and its height."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(SAMPLES))
        from drawing import pen
    rng = np.random.default_rng(digit)
    return pen.ink(pen.write(digit, pen.some_hand(rng), rng), size, place)


def paint(ink: np.ndarray, paper: tuple[int, ...], pen: tuple[int, ...]) -> np.ndarray:
    ground = np.array(paper, float)
    return levels(ground + ink[..., None] * (np.array(pen, float) - ground))


def levels(values: np.ndarray) -> np.ndarray:
    return np.rint(values.clip(0, 255)).astype(np.uint8)


def drawn(digit: int, size: tuple[int, int], place: tuple[float, float, float]) -> np.ndarray:
    return paint(cover(digit, size, place), WHITE, BLACK)


@cache
def reference(digit: int) -> tuple[np.ndarray, ...]:
    return see(paint(cover(digit, (SIDE, SIDE), MIDDLE), BLACK, WHITE))


def true_box(ink: np.ndarray) -> np.ndarray:
    y, x = np.nonzero(ink > 0.5)
    return np.array([x.min(), y.min(), x.max() + 1, y.max() + 1])


def apart(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.abs(first - second).mean())


def light(shape: Callable[[np.ndarray, np.ndarray], np.ndarray], size: tuple[int, int]):
    """`shape` of x and y in -1…1, as [h, w, 1]."""
    y, x = np.mgrid[-1 : 1 : size[1] * 1j, -1 : 1 : size[0] * 1j]
    return shape(x, y)[..., None]


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def on(paper: tuple[int, ...], pen: tuple[int, ...]) -> Callable[[int], np.ndarray]:
    return lambda digit: paint(cover(digit, (SIDE, SIDE), MIDDLE), paper, pen)


def at(width: int, height: int, *place: float) -> Callable[[int], np.ndarray]:
    return lambda digit: drawn(digit, (width, height), place)


def lit(shape: Callable[[np.ndarray, np.ndarray], np.ndarray], paper=WHITE, pen=BLACK):
    return lambda digit: levels(on(paper, pen)(digit) * light(shape, (SIDE, SIDE)))


def lit_strip(width: int, height: int) -> Callable[[int], np.ndarray]:
    """A digit in the middle of a page that isn't square and whose corners are at 60 %."""
    place = (width / 2, height / 2, 0.7 * min(width, height))
    vignette = light(lambda x, y: 1 - 0.2 * (x * x + y * y), (width, height))
    return lambda digit: levels(drawn(digit, (width, height), place) * vignette)


def noisy(digit: int) -> np.ndarray:
    noise = np.random.default_rng(digit).normal(0, 8, (SIDE, SIDE, 1))
    return levels(on((230,) * 3, (40,) * 3)(digit) + noise)


def pasted(above: int, beside: int, level: int) -> Callable[[int], np.ndarray]:
    """A digit on white, in a picture with margins of another colour."""
    margins = ((above, above), (beside, beside), (0, 0))
    return lambda digit: np.pad(on(WHITE, BLACK)(digit), margins, constant_values=level)


def framed(digit: int) -> np.ndarray:
    picture = on(WHITE, BLACK)(digit).copy()
    for near, far in ((6, 11), (-11, -6)):
        picture[near:far, 6:-6] = picture[6:-6, near:far] = 60
    return picture


def cropped(digit: int) -> np.ndarray:
    """Nothing but the digit's box."""
    left, top, right, bottom = true_box(cover(digit, (SIDE, SIDE), MIDDLE))
    return on(WHITE, BLACK)(digit)[top:bottom, left:right]


# What the canvas may differ by: about twice what was measured.
VIEWS: dict[str, tuple[Callable[[int], np.ndarray], float]] = {
    "dark on white": (on(WHITE, BLACK), 0.1),
    "blue on cream": (on((250, 240, 210), (30, 50, 140)), 0.1),
    "yellow on night": (on((25, 30, 50), (255, 205, 60)), 0.1),
    "red on green": (on((120, 170, 120), (180, 30, 40)), 0.2),
    "pale pencil": (on((200,) * 3, (150,) * 3), 0.6),
    "lamp from the right": (lit(lambda x, _: 0.75 + 0.25 * x), 3.0),
    "vignette": (lit(lambda x, y: 1 - 0.25 * (x * x + y * y)), 3.0),
    "vignette on a wide page": (lit_strip(800, 200), 8.0),
    "vignette on a tall page": (lit_strip(200, 600), 8.0),
    "vignette on a board": (
        lit(lambda x, y: 1 - 0.25 * (x * x + y * y), (60, 70, 60), (240,) * 3),
        3.0,
    ),
    "JPEG 75": (lambda digit: jpeg(on(WHITE, BLACK)(digit), 75), 0.6),
    "JPEG 30": (lambda digit: jpeg(on((240, 235, 220), (30, 40, 120))(digit), 30), 1.0),
    "noise": (noisy, 1.5),
    "half the size": (at(140, 140, 70, 70, HEIGHT / 2), 2.5),
    "three times the size": (at(840, 840, 420, 420, 3 * HEIGHT), 1.0),
    "moved": (at(SIDE, SIDE, 110, 170, HEIGHT), 6.0),
    "wide page": (at(800, 280, 500, 140, HEIGHT), 6.0),
    "hard shadow": (lit(lambda x, y: 1 - 0.4 * (x + 0.6 * y > 0.1)), 12.0),
    "bars at the sides": (pasted(0, 90, 0), 7.0),
    "pasted on white": (lambda d: 255 - pasted(60, 60, 255)(d), 8.0),
    "frame": (framed, 3.0),
    "28 pixels": (at(28, 28, 14, 14, 20), 13.0),
    "small on a large page": (at(*LARGE, *CORNER), 10.0),
}


@pytest.mark.parametrize("view", VIEWS)
def test_the_canvas_is_that_of_the_digit_in_any_view(view: str) -> None:
    picture, bound = VIEWS[view]
    off = {d: apart(see(picture(d))[0], reference(d)[0]) for d in range(10)}
    assert max(off.values()) < bound, off


@pytest.mark.parametrize("digit", range(10))
def test_a_crop_to_the_box_shows_the_same_digit(digit: int) -> None:
    assert apart(see(cropped(digit))[0], reference(digit)[0]) < 15


def test_different_digits_have_different_canvases() -> None:
    pairs = itertools.combinations(range(10), 2)
    assert min(apart(reference(a)[0], reference(b)[0]) for a, b in pairs) > 15


@pytest.mark.parametrize("digit", range(10))
@pytest.mark.parametrize("view", ["dark on white", "vignette", "28 pixels", "wide page"])
def test_the_canvas_is_drawn_as_mnist_is(digit: int, view: str) -> None:
    canvas = see(VIEWS[view][0](digit))[0]
    y, x = np.mgrid[0:28, 0:28] + 0.5
    # What lies as on MNIST's images isn't moved by less than a pixel of theirs.
    off = 0.65 if view == "28 pixels" else 0.5
    assert (canvas * x).sum() / canvas.sum() == pytest.approx(14, abs=off)
    assert (canvas * y).sum() / canvas.sum() == pytest.approx(14, abs=off)
    rows, columns = np.nonzero(canvas > 127)
    assert 19 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
    assert canvas.max() == 255
    border = np.concatenate([canvas[0], canvas[-1], canvas[:, 0], canvas[:, -1]])
    assert border.max() <= 25


@pytest.mark.parametrize(
    ("size", "place", "allowed"),
    [
        ((SIDE, SIDE), MIDDLE, 4),
        (LARGE, CORNER, 6),
        ((300, 900), (120, 600, HEIGHT), 8),
    ],
)
def test_the_box_is_around_the_digit(size, place, allowed: float) -> None:
    for digit in range(10):
        ink = cover(digit, size, place)
        box = see(paint(ink, WHITE, BLACK))[2]
        assert np.abs(box - true_box(ink)).max() < allowed, digit


def test_evidence_is_in_the_units_it_says() -> None:
    contrast, noise, stroke, present, others = see(on((250, 250, 250), (50, 50, 50))(3))[3]
    # Cells that a stroke fills in part count as ink, too, so it is less than the pen's own.
    assert 0.55 < contrast / (np.sqrt(3) * 200 / 255) < 1
    half, *_ = see(on((250, 250, 250), (150, 150, 150))(3))[3]
    assert half == pytest.approx(contrast / 2, rel=0.02)
    assert noise < 1 / 255
    assert present == 1
    assert others < 0.05
    assert see(noisy(3))[3][1] > 2 * noise + 1 / 255
    ink = cover(3, (SIDE, SIDE), MIDDLE) > 0.5
    outline = (np.diff(ink, axis=0).sum() + np.diff(ink, axis=1).sum()) * np.pi / 4
    assert stroke == pytest.approx(2 * ink.sum() / outline / HEIGHT * 20, rel=0.25)


def _noise(height: int, width: int, deviation: float) -> np.ndarray:
    return 200 + np.random.default_rng(0).normal(0, deviation, (height, width, 3))


BLANKS = {
    "white": np.full((200, 300, 3), 255.0),
    "black": np.zeros((200, 300, 3)),
    "grey": np.full((300, 200, 3), 128.0),
    "coloured": np.full((200, 300, 3), (250.0, 230.0, 180.0)),
    "one pixel": np.full((1, 1, 3), 77.0),
    "28 pixels": np.full((28, 28, 3), 255.0),
    "slope": 128 + 75 * light(lambda x, _: x, (300, 200)) * np.ones(3),
    "slope across": 128 + 50 * light(lambda x, y: x + y, (250, 250)) * np.ones(3),
    "vignette": 240 * light(lambda x, y: 1 - 0.3 * (x * x + y * y), (250, 250)) * np.ones(3),
    "vignette, wide": 240 * light(lambda x, y: 1 - 0.1 * (x * x + y * y), (300, 400)) * np.ones(3),
    "vignette, tall": 240 * light(lambda x, y: 1 - 0.3 * (x * x + y * y), (600, 200)) * np.ones(3),
    "light noise": _noise(300, 400, 3),
    "noise": _noise(700, 900, 8),
    "noise on a small page": _noise(100, 100, 4),
    "noise on a tiny page": _noise(28, 28, 4),
    "strong noise": _noise(64, 64, 60),
    "noise on a black canvas": _noise(28, 28, 60) - 200,
}


@pytest.mark.parametrize("blank", BLANKS)
def test_a_blank_page_gives_an_all_but_empty_canvas(blank: str) -> None:
    canvas, clean, _, evidence = see(levels(BLANKS[blank]))
    assert canvas.mean() < 0.5
    assert clean.mean() < 0.5
    assert evidence[3] < 0.1


def beside(digit: int, side: int) -> tuple[tuple[np.ndarray, ...], tuple[np.ndarray, ...]]:
    """What is seen of a digit alone, and with a black square far away from it."""
    page = drawn(digit, LARGE, CORNER)
    alone = see(page)
    page[440 : 440 + side, 70 : 70 + side] = 0
    return alone, see(page)


@pytest.mark.parametrize("digit", range(10))
def test_a_speck_far_away_is_not_in_the_box(digit: int) -> None:
    alone, together = beside(digit, 4)
    assert np.abs(together[2] - alone[2]).max() < 2
    assert apart(together[0], alone[0]) < 2


@pytest.mark.parametrize("digit", range(10))
def test_a_second_smaller_blob_is_ignored(digit: int) -> None:
    share = 20 * 20 / cover(digit, LARGE, CORNER).sum()
    assert 0.08 < share < 0.21
    alone, together = beside(digit, 20)
    assert np.abs(together[2] - alone[2]).max() < 10
    assert apart(together[0], alone[0]) < 10


# Where a second digit is: centre and height, on a page of 480×300; the first is at the left.
SECONDS = {
    "beside": (330, 140, 80),
    "near the border": (440, 250, 76),
    "in the corner": (440, 60, 80),
    "below": (140, 246, 84),
}
FIRST = ((480, 300), (110, 110, 120))
LONE = ((480, 300), (110, 150, 120))
SEVERAL = FRONT.abstain["others"]


@pytest.mark.parametrize("place", SECONDS)
def test_another_digit_counts(place: str) -> None:
    for first in range(10):
        second = cover((first + 3) % 8 + 2, FIRST[0], SECONDS[place])
        page = np.maximum(cover(first, *FIRST), second)
        assert see(paint(page, WHITE, BLACK))[3][4] > SEVERAL, first


def specks(ink: np.ndarray) -> None:
    ink[200:205, 300:305] = ink[40:45, 400:405] = 1


def cut_off(ink: np.ndarray) -> None:
    """A third of another digit, at the right border."""
    other = cover(8, LONE[0], (240, 150, 120))
    first, last = np.nonzero(other.max(0) > 0.5)[0][[0, -1]]
    third = (last - first) // 3
    ink[:, -third:] = np.maximum(ink[:, -third:], other[:, first : first + third])


def rectangle(ink: np.ndarray) -> None:
    for near, far in ((8, 12), (-12, -8)):
        ink[near:far, 8:-8] = ink[8:-8, near:far] = 1


@pytest.mark.parametrize("draw", [lambda _: None, specks, cut_off, rectangle])
def test_what_is_no_digit_does_not_count(draw: Callable[[np.ndarray], None]) -> None:
    for first in range(10):
        page = cover(first, *LONE).copy()
        draw(page)
        assert see(paint(page, WHITE, BLACK))[3][4] < SEVERAL, first


def canvas(digit: int) -> np.ndarray:
    return np.repeat(levels(reference(digit)[0])[..., None], 3, 2)


def crossed(digit: int) -> np.ndarray:
    """A canvas with a line through it from one side to the other."""
    picture = canvas(digit).copy()
    picture[18:20, 2:26] = 255
    return picture


def speckled(digit: int) -> np.ndarray:
    """A canvas, one pixel in six black or white."""
    picture, rng = canvas(digit).copy(), np.random.default_rng(digit)
    spots = rng.random((28, 28)) < 0.17
    picture[spots] = 255 * (rng.random((spots.sum(), 1)) < 0.5)
    return picture


def striped(digit: int) -> np.ndarray:
    """A canvas whose left and right quarter are inverted."""
    picture = canvas(digit).copy()
    for side in (np.s_[:, :7], np.s_[:, 21:]):
        picture[side] = 255 - picture[side]
    return picture


@pytest.mark.parametrize("spoil", [canvas, crossed, speckled, striped])
def test_a_canvas_stays_as_it_is(spoil: Callable[[int], np.ndarray]) -> None:
    for digit in range(10):
        picture = spoil(digit)
        again, _, _, evidence = see(picture)
        assert np.abs(again - picture[..., 0]).max() == 0, digit
        assert evidence[3] == 1
        assert evidence[4] < SEVERAL


@pytest.mark.parametrize("view", ["inverted", "moved", "bright", "coloured", "larger picture"])
def test_what_is_no_canvas_is_drawn_anew(view: str) -> None:
    for digit in range(10):
        picture = canvas(digit)
        changed = {
            "inverted": 255 - picture,
            "moved": np.roll(picture, 3, 1),
            "bright": levels(100 + picture * 0.6),
            "coloured": levels(picture * np.array([1.0, 0.6, 0.1])),
            "larger picture": np.pad(picture, ((2, 2), (2, 2), (0, 0))),
        }[view]
        assert apart(see(changed)[0], picture[..., 0]) < 8, digit
