"""Digits of the MNIST test set as pictures that people take: one function for each kind.

Drawn for measuring only: nothing here may be used to train or to tune. `KINDS` has them all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digits_models.trials import pages, pens
from digits_models.trials.fields import Floats

INKS = ((20, 20, 25), (25, 45, 140), (170, 30, 40), (20, 95, 50), (85, 85, 90))
PASTELS = ((255, 175, 195), (150, 205, 255), (250, 220, 100), (165, 225, 165), (205, 180, 250))
LINES = ((150, 185, 225), (190, 190, 190), (160, 205, 200), (225, 165, 165))
SMALLEST, LARGEST = 100, 1200
#: The kinds that come as JPEG files, and their quality; the others are PNG files.
QUALITY = {"paper": 90, "shade-soft": 85, "shade-hard": 85, "jpeg": 20}


@dataclass(frozen=True)
class Sitting:
    """What one picture is drawn from: a digit, another one beside it, and chance."""

    digit: NDArray[np.uint8]
    other: NDArray[np.uint8]
    rng: np.random.Generator

    def size(self, largest: int = LARGEST) -> tuple[int, int]:
        """A page's height and width; small pages are as likely as large ones."""
        side = np.exp(self.rng.uniform(np.log(SMALLEST), np.log(largest)))
        aspect = self.rng.uniform(0.75, 1.33)
        return int(side * min(1, aspect)), int(side / max(1, aspect))

    def ink(self, page: Floats, low: float = 0.4, high: float = 0.8) -> Floats:
        """The digit as ink that fills this much of one of the page's sides."""
        share = self.rng.uniform(low, high)
        return pens.enlarged(self.digit, share * page.shape[0], share * page.shape[1])

    def place(self, page: Floats, ink: Floats) -> tuple[int, int]:
        """A place near the middle, wholly on the page."""
        room = np.array(page.shape[:2]) - ink.shape
        top, left = np.rint(room * self.rng.uniform(0.25, 0.75, 2)).astype(int)
        return int(top), int(left)

    def colour(self, colours: tuple[tuple[int, int, int], ...] = INKS) -> Floats:
        """One of the colours, a little changed."""
        return np.array(colours[self.rng.integers(len(colours))]) + self.rng.normal(0, 5, 3)

    def written(self, page: Floats) -> Floats:
        """The digit on that page, in an ink that is darker than it."""
        ink = self.ink(page)
        strength = self.rng.uniform(0.75, 1)
        return pages.over(page, ink * strength, self.colour(), *self.place(page, ink))


Scene = Callable[[Sitting], Floats]
KINDS: dict[str, Scene] = {}


def _kind(name: str) -> Callable[[Scene], Scene]:
    def add(scene: Scene) -> Scene:
        KINDS[name] = scene
        return scene

    return add


def _plain(sitting: Sitting) -> Floats:
    """Dark on white or light on black, clean: a drawing program's."""
    page = pages.plain(*sitting.size(), pages.WHITE)
    drawn = sitting.written(page)
    return drawn if sitting.rng.random() < 0.5 else 255 - drawn


@_kind("paper")
def _paper(sitting: Sitting) -> Floats:
    return sitting.written(pages.paper(*sitting.size(), sitting.rng))


@_kind("shade-soft")
def _shade_soft(sitting: Sitting) -> Floats:
    return pages.soft_light(_paper(sitting), sitting.rng)


@_kind("shade-hard")
def _shade_hard(sitting: Sitting) -> Floats:
    return pages.hard_shadow(_paper(sitting), sitting.rng)


@_kind("ruled")
def _ruled(sitting: Sitting) -> Floats:
    page = pages.paper(*sitting.size(), sitting.rng)
    spacing = min(page.shape[:2]) * sitting.rng.uniform(0.15, 0.5)
    return sitting.written(pages.ruled(page, spacing, sitting.colour(LINES), sitting.rng))


@_kind("squared")
def _squared(sitting: Sitting) -> Floats:
    page = pages.paper(*sitting.size(), sitting.rng)
    spacing = min(page.shape[:2]) * sitting.rng.uniform(0.08, 0.3)
    return sitting.written(pages.squared(page, spacing, sitting.colour(LINES), sitting.rng))


@_kind("chalk")
def _chalk(sitting: Sitting) -> Floats:
    colour = sitting.colour(((35, 70, 55), (40, 42, 45), (50, 60, 80)))
    page = pages.board(*sitting.size(), colour, sitting.rng)
    ink = sitting.ink(page)
    grain = ndimage.gaussian_filter(sitting.rng.normal(0.85, 1, ink.shape), 0.8)
    chalk = ink * grain.clip(0.15, 1)
    return pages.over(page, chalk, (235, 235, 225), *sitting.place(page, ink))


@_kind("dark-board")
def _dark_board(sitting: Sitting) -> Floats:
    grey = sitting.rng.uniform(20, 80)
    page = pages.board(*sitting.size(), (grey, grey, grey), sitting.rng)
    ink, light = sitting.ink(page), grey + sitting.rng.uniform(60, 120)
    return pages.over(page, ink, (light, light, light), *sitting.place(page, ink))


@_kind("pastel")
def _pastel(sitting: Sitting) -> Floats:
    page = pages.plain(*sitting.size(), pages.WHITE)
    page -= sitting.rng.uniform(0, 8) + sitting.rng.normal(0, 1.5, page.shape)
    ink = sitting.ink(page)
    return pages.over(page, ink, sitting.colour(PASTELS), *sitting.place(page, ink))


@_kind("thin-pen")
def _thin_pen(sitting: Sitting) -> Floats:
    page = pages.plain(*sitting.size(700), pages.WHITE)
    ink = pens.redrawn(sitting.ink(page), 1)
    drawn = pages.over(page, ink, sitting.colour(), *sitting.place(page, ink))
    return drawn if sitting.rng.random() < 0.7 else 255 - drawn


@_kind("other-pen")
def _other_pen(sitting: Sitting) -> Floats:
    page = pages.paper(*sitting.size(700), sitting.rng)
    ink = sitting.ink(page)
    ink = pens.redrawn(ink, max(ink.shape) * sitting.rng.uniform(0.02, 0.16))
    return pages.over(page, ink, sitting.colour(), *sitting.place(page, ink))


@_kind("blur")
def _blur(sitting: Sitting) -> Floats:
    drawn = _paper(sitting)
    sigma = min(drawn.shape[:2]) * sitting.rng.uniform(0.01, 0.03)
    smooth: Floats = ndimage.gaussian_filter(drawn, (sigma, sigma * sitting.rng.uniform(0.3, 1), 0))
    return smooth


@_kind("jpeg")
def _jpeg(sitting: Sitting) -> Floats:
    return _plain(sitting) if sitting.rng.random() < 0.5 else _paper(sitting)


@_kind("letter-box")
def _letter_box(sitting: Sitting) -> Floats:
    drawn = _paper(sitting) if sitting.rng.random() < 0.6 else _plain(sitting)
    bars = np.rint(np.array(drawn.shape[:2]) * sitting.rng.uniform(0.1, 0.35)).astype(int)
    bars[sitting.rng.integers(2)] = 0
    shade = sitting.rng.choice([0, 0, 255, 128])
    sides = ((bars[0], bars[0]), (bars[1], bars[1]), (0, 0))
    return np.pad(drawn, sides, constant_values=shade)


@_kind("pasted")
def _pasted(sitting: Sitting) -> Floats:
    drawn = (_chalk, _dark_board, _paper)[sitting.rng.integers(3)](sitting)
    sides = np.rint(sitting.rng.uniform(0.02, 0.4, (2, 2)) * min(drawn.shape[:2])).astype(int)
    shade = sitting.rng.choice([255, 255, 250, 235])
    return np.pad(drawn, (*sides, (0, 0)), constant_values=shade)


@_kind("corner")
def _corner(sitting: Sitting) -> Floats:
    page = pages.paper(*sitting.size(), sitting.rng)
    ink = sitting.ink(page, 0.2, 0.35)
    room = np.array(page.shape[:2]) - ink.shape
    near = np.rint(room * sitting.rng.uniform(0.02, 0.12, 2)).astype(int)
    top, left = np.where(sitting.rng.random(2) < 0.5, near, room - near)
    return pages.over(page, ink, sitting.colour(), int(top), int(left))


@_kind("small")
def _small(sitting: Sitting) -> Floats:
    height, width = sitting.size()
    page = pages.paper(height + 200, width + 200, sitting.rng)
    share = max(18 / min(page.shape[:2]), sitting.rng.uniform(0.05, 0.12))
    ink = sitting.ink(page, share, share)
    room = np.array(page.shape[:2]) - ink.shape
    top, left = np.rint(room * sitting.rng.uniform(0.05, 0.95, 2)).astype(int)
    return pages.over(page, ink, sitting.colour(), int(top), int(left))


@_kind("touching-frame")
def _touching(sitting: Sitting) -> Floats:
    page = pages.plain(*sitting.size(), pages.WHITE)
    ink = sitting.ink(page)
    touched = sitting.rng.random(4) < 0.5
    touched[sitting.rng.integers(4)] = True
    margins = np.where(touched, 0, sitting.rng.uniform(0.05, 0.4, 4) * min(ink.shape)).astype(int)
    height, width = ink.shape[0] + margins[:2].sum(), ink.shape[1] + margins[2:].sum()
    page = pages.plain(int(height), int(width), pages.WHITE)
    drawn = pages.over(page, ink, sitting.colour(), int(margins[0]), int(margins[2]))
    return drawn if sitting.rng.random() < 0.5 else 255 - drawn


@_kind("specks")
def _specks(sitting: Sitting) -> Floats:
    drawn, rng = _paper(sitting), sitting.rng
    side = min(drawn.shape[:2])
    for _ in range(rng.integers(8, 30)):
        radius = max(0.5, side * rng.uniform(0.002, 0.012))
        y, x = rng.uniform(0, drawn.shape[:2])
        reach = np.arange(-int(radius) - 1, int(radius) + 2)
        dot = (radius + 0.5 - np.hypot(reach[:, None], reach)).clip(0, 1)
        drawn = pages.over(drawn, dot, sitting.colour(), int(y), int(x))
    return drawn


@_kind("frame")
def _frame(sitting: Sitting) -> Floats:
    drawn, rng = _paper(sitting), sitting.rng
    height, width = drawn.shape[:2]
    y, x = np.arange(height)[:, None], np.arange(width)
    inset = min(height, width) * rng.uniform(0.01, 0.08)
    edge = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x))
    line = max(1.0, min(height, width) * rng.uniform(0.004, 0.02))
    return pages.over(drawn, (line / 2 + 0.5 - np.abs(edge - inset)).clip(0, 1), sitting.colour())


@_kind("neighbour")
def _neighbour(sitting: Sitting) -> Floats:
    page = pages.paper(*sitting.size(), sitting.rng)
    ink = sitting.ink(page, 0.4, 0.6)
    top, own = sitting.place(page, ink)
    other = pens.enlarged(sitting.other, ink.shape[0], page.shape[1])
    first, room = sitting.rng.random() < 0.5, page.shape[1] - ink.shape[1] - own
    # It leaves a gap, and less than half of it is seen: it can't be taken for the digit.
    most = min(0.8 * (own if first else room), 0.45 * other.shape[1])
    seen = max(2, int(most * sitting.rng.uniform(0.3, 1)))
    left = seen - other.shape[1] if first else page.shape[1] - seen
    colour = sitting.colour()
    return pages.over(pages.over(page, other, colour, top, left), ink, colour, top, own)


def _widened(drawn: Floats, factor: float) -> Floats:
    wide: Floats = ndimage.zoom(drawn, (1, factor, 1), order=1)
    return wide


@_kind("squeezed")
def _squeezed(sitting: Sitting) -> Floats:
    return _widened(_paper(sitting), sitting.rng.uniform(0.35, 0.6))


@_kind("stretched")
def _stretched(sitting: Sitting) -> Floats:
    return _widened(_plain(sitting), sitting.rng.uniform(1.7, 2.6))


@_kind("transparent")
def _transparent(sitting: Sitting) -> Floats:
    height, width = sitting.size()
    page = pages.plain(height, width, pages.WHITE)
    ink = sitting.ink(page)
    cover = pages.over(page * 0, ink, pages.WHITE, *sitting.place(page, ink))[..., :1]
    # What is under full transparency is anything: black, or the ink's own colour.
    under = sitting.colour() if sitting.rng.random() < 0.5 else np.zeros(3)
    colour = np.where(cover > 0, sitting.colour(), under)
    return np.concatenate([colour, cover], 2)
