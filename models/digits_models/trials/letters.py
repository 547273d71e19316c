"""Letters as people write them, from pen fonts whose strokes are shaken, and from script fonts."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from string import ascii_letters

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from digits_models.trials.fields import Floats
from digits_models.trials.pens import trimmed
from digits_models.trials.strokes import Stroke, inked, shaken

#: Letters that are a digit in many hands: 0, 1, 2, 5, 6, 9. No reader of single digits can tell.
ALIKE = "OoIlZzSsbqg"
LETTERS = "".join(letter for letter in ascii_letters if letter not in ALIKE)

#: A. V. Hershey, "Calligraphy for Computers", 1967: plain letters, and two scripts.
PEN_FONTS = ("futural", "rowmans", "scripts", "cursive")

#: Handwriting in Debian's packages (fonts-dkg-handwriting, fonts-breip, fonts-humor-sans,
#: fonts-femkeklaver, fonts-kristi, fonts-ecolier-court), where Pillow finds the system's fonts.
SCRIPT_FONTS = (
    "dkg.ttf",
    "Breip.ttf",
    "Humor-Sans.ttf",
    "femkeklaver.ttf",
    "Kristi.ttf",
    "Ecolier-court.ttf",
)


def written(letters: str, rng: np.random.Generator) -> Floats:
    """Write one of the letters with a pen; ink, [H, W], 0 to 1, about 200 pixels high."""
    font = PEN_FONTS[rng.integers(len(PEN_FONTS))]
    strokes = shaken(_strokes(font, letters[rng.integers(len(letters))]), rng)
    return inked(strokes, 200, 200 * rng.uniform(0.04, 0.14))


@cache
def _strokes(font: str, letter: str) -> Sequence[Stroke]:
    from HersheyFonts import HersheyFonts

    pen = HersheyFonts()
    pen.load_default_font(font)
    return [np.array(points, np.float64) for points in pen.strokes_for_text(letter)]


@cache
def script_fonts() -> tuple[ImageFont.FreeTypeFont, ...]:
    """The script fonts that this machine has."""
    found = []
    for name in SCRIPT_FONTS:
        try:
            found.append(ImageFont.truetype(name, 200))
        except OSError:
            continue  # Not installed: the others will do.
    return tuple(found)


def typed(letters: str, rng: np.random.Generator) -> Floats:
    """Set one of the letters in one of the script fonts; ink as from `written`."""
    fonts = script_fonts()
    page = Image.new("L", (500, 500))
    letter = letters[rng.integers(len(letters))]
    font = fonts[rng.integers(len(fonts))]
    ImageDraw.Draw(page).text((250, 250), letter, 255, font, anchor="mm")
    turned = page.rotate(rng.normal(0, 6), Image.Resampling.BICUBIC)
    return trimmed(np.asarray(turned, np.float64) / 255)
