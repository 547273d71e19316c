"""What is no digit, or more than one: the right answer is that there is none to read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from digits_models import data
from digits_models.trials import doodles, empty, letters, pages, pens, several
from digits_models.trials.fields import Floats
from digits_models.trials.made import Made, picture
from digits_models.trials.scenes import INKS

EACH = 500
FONTS = "letters-font"

Chance = np.random.Generator
Canvases = NDArray[np.uint8]
Kind = Callable[[Canvases, Chance], NDArray[np.uint8] | Floats]


def on_page(ink: Floats, rng: Chance) -> Floats:
    """Ink on paper, or on a clean page, dark on light or light on dark; up to 500 pixels."""
    factor = np.exp(rng.uniform(np.log(40), np.log(300))) / max(ink.shape)
    soft = ndimage.gaussian_filter(np.pad(ink, 2), 0.4 / factor if factor < 1 else 0)
    ink = ndimage.zoom(soft, factor, order=1).clip(0, 1)
    margins = np.rint(max(ink.shape) * rng.uniform(0.1, 0.6, 4)).astype(int)
    shape = ink.shape[0] + margins[0] + margins[1], ink.shape[1] + margins[2] + margins[3]
    on_paper = rng.random() < 0.6
    page = pages.paper(*shape, rng) if on_paper else pages.plain(*shape, pages.WHITE)
    drawn = pages.over(page, ink, INKS[rng.integers(len(INKS))], int(margins[0]), int(margins[2]))
    return drawn if on_paper or rng.random() < 0.5 else 255 - drawn


def either(ink: Floats, rng: Chance) -> NDArray[np.uint8] | Floats:
    """Ink as a canvas of MNIST's or on a page."""
    return pens.canvas(ink) if rng.random() < 0.4 else on_page(ink, rng)


def _pick(digits: Canvases, count: int, rng: Chance) -> list[Canvases]:
    return list(digits[rng.integers(len(digits), size=count)])


KINDS: dict[str, Kind] = {
    "blank": lambda _, rng: empty.blank(rng),
    "noise": lambda _, rng: empty.noise(rng),
    "textures": lambda _, rng: empty.texture(rng),
    "two-digits": lambda digits, rng: either(several.row(_pick(digits, 2, rng), rng), rng),
    "three-digits": lambda digits, rng: either(several.row(_pick(digits, 3, rng), rng), rng),
    "touching-digits": lambda digits, rng: either(
        several.touching(_pick(digits, 2, rng), rng), rng
    ),
    "letters-canvas": lambda _, rng: pens.canvas(letters.written(letters.LETTERS, rng)),
    "letters-paper": lambda _, rng: on_page(letters.written(letters.LETTERS, rng), rng),
    FONTS: lambda _, rng: either(letters.typed(letters.LETTERS, rng), rng),
    "letters-alike": lambda _, rng: either(letters.written(letters.ALIKE, rng), rng),
    "shapes": lambda _, rng: either(doodles.shape(rng), rng),
    "scribbles": lambda _, rng: either(doodles.scribble(rng), rng),
}


def make(data_dir: Path | None, limit: int, seed: int) -> Iterator[Made]:
    """Make the set, `limit` images of each kind; 0: 500. The digits are MNIST's test digits.

    Without any of the script fonts, their kind is left out, and stderr says so.
    """
    digits, _ = data.load("mnist", "test", data_dir)
    for kind, draw in KINDS.items():
        if kind == FONTS and not letters.script_fonts():
            print(f"{kind}: left out: install fonts-breip or fonts-humor-sans", file=sys.stderr)
            continue
        for number in range(limit or EACH):
            rng = np.random.default_rng([seed, number, *kind.encode()])
            yield Made(picture(draw(digits, rng)), "", kind)
