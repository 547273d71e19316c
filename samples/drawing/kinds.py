"""The kinds of sample pictures: what is drawn, on what, and how the file is written."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import ExifTags, Image

from drawing import surfaces
from drawing.pen import Floats, ink, some_hand, write

Painter = Callable[[int, np.random.Generator], Image.Image]

BLUE, BLACK, RED, GREEN = (
    (0.10, 0.16, 0.50),
    (0.09, 0.09, 0.11),
    (0.75, 0.10, 0.13),
    (0.05, 0.45, 0.25),
)


@dataclass(frozen=True)
class Kind:
    """One kind of picture.

    Attributes:
        digits: Which digits are drawn this way.
        suffix: The file's format, as its suffix.
        paint: Digit and random numbers → the picture.
        options: How Pillow writes the file.
    """

    digits: str
    suffix: str
    paint: Painter
    options: Mapping[str, Any] = field(default_factory=dict)


def _ink(digit: int, rng: np.random.Generator, size: surfaces.Size, **how: float) -> Floats:
    """A digit near the middle, or where `x`, `y` say; `fill` is its share of the shorter side."""
    width, height = size
    thin = how.get("thin", 0.08)
    lines = write(digit, some_hand(rng, (thin, thin * 1.45)), rng)
    x = width * (how.get("x", 0.5) + rng.uniform(-0.03, 0.03))
    y = height * (how.get("y", 0.5) + rng.uniform(-0.02, 0.02))
    return ink(lines, size, (x, y, how.get("fill", 0.62) * min(size)))


def _screen(
    size: surfaces.Size, ground: surfaces.Colour, *colours: surfaces.Colour, **how: float
) -> Painter:
    """A drawing program's canvas."""

    def paint(digit: int, rng: np.random.Generator) -> Image.Image:
        colour = colours[rng.integers(len(colours))]
        cover = _ink(digit, rng, size, **how)
        return surfaces.picture(surfaces.lay(surfaces.plain(size, ground), cover, colour))

    return paint


def _grey(painter: Painter) -> Painter:
    return lambda digit, rng: painter(digit, rng).convert("L")


def _paper(
    size: surfaces.Size,
    *colours: surfaces.Colour,
    lines: str = "",
    noise: float = 0.012,
    shadow: float = 1.0,
    **how: float,
) -> Painter:
    """A photo of pen on paper: plain, `ruled` or `squared`."""

    def paint(digit: int, rng: np.random.Generator) -> Image.Image:
        scene = surfaces.paper(size, rng)
        if lines:
            spacing = min(size) * rng.uniform(0.12, 0.2)
            scene = surfaces.rule(scene, spacing, rng, squared=lines == "squared")
        cover = surfaces.inked(_ink(digit, rng, size, **how), rng)
        scene = surfaces.lay(scene, cover, colours[rng.integers(len(colours))])
        return surfaces.photograph(surfaces.shade(scene, rng, shadow), rng, noise, min(size) / 500)

    return paint


def _board(size: surfaces.Size, **how: float) -> Painter:
    def paint(digit: int, rng: np.random.Generator) -> Image.Image:
        cover = surfaces.chalked(_ink(digit, rng, size, **how), rng)
        scene = surfaces.lay(surfaces.board(size, rng), cover, (0.93, 0.93, 0.88))
        return surfaces.photograph(surfaces.shade(scene, rng, 0.4), rng, 0.01, 0.6)

    return paint


def _transparent(digit: int, rng: np.random.Generator) -> Image.Image:
    """Ink in the alpha channel; the transparent pixels are black, a trap for the careless."""
    size = (220, 260)
    cover = _ink(digit, rng, size)
    pixels = np.zeros((size[1], size[0], 4), np.uint8)
    pixels[cover > 0, :3] = np.rint(np.array((BLACK, BLUE, RED)[rng.integers(3)]) * 255)
    pixels[:, :, 3] = np.rint(cover * 255)
    return Image.fromarray(pixels)


def _sideways(digit: int, rng: np.random.Generator) -> Image.Image:
    """A photo whose pixels lie on their side or head; the EXIF tag says how to turn them."""
    upright = _paper((240, 300), BLUE, BLACK)(digit, rng)
    turns = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_90,
        8: Image.Transpose.ROTATE_270,
    }
    orientation = list(turns)[digit % 3]
    turned = upright.transpose(turns[orientation])
    turned.getexif()[ExifTags.Base.Orientation] = orientation
    return turned


def _scan(digit: int, rng: np.random.Generator) -> Image.Image:
    """A scanner's grey in 16 bits."""
    size = (150, 190)
    tone = 0.96 - 0.86 * _ink(digit, rng, size) + 0.01 * surfaces.clouds(size, 3, rng)
    return Image.fromarray(np.rint(tone.clip(0, 1) * 1023).astype(np.uint16) * 64)


def _few_colours(painter: Painter, colours: int) -> Painter:
    return lambda digit, rng: painter(digit, rng).quantize(
        colours, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE
    )


_PHOTO: Mapping[str, Any] = {"quality": 82, "optimize": True}
_HUGE: Mapping[str, Any] = {"quality": 55, "optimize": True, "progressive": True}
_SMALL_PNG: Mapping[str, Any] = {"optimize": True}
_WHITE, _DARK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
_PASTEL, _NIGHT = (0.99, 0.95, 0.80), (0.11, 0.12, 0.20)

KINDS: dict[str, Kind] = {
    "screen-28": Kind(
        "0257", ".png", _grey(_screen((28, 28), _DARK, _WHITE, fill=0.71)), _SMALL_PNG
    ),
    "screen-28-inverted": Kind(
        "138", ".png", _grey(_screen((28, 28), _WHITE, _DARK, fill=0.71)), _SMALL_PNG
    ),
    "screen-280": Kind("1469", ".png", _screen((280, 280), _DARK, _WHITE), _SMALL_PNG),
    "screen-280-light": Kind("0359", ".png", _screen((280, 280), _WHITE, _DARK), _SMALL_PNG),
    "screen-corner": Kind(
        "2478", ".png", _screen((400, 300), _WHITE, _DARK, x=0.24, y=0.7, fill=0.38), _SMALL_PNG
    ),
    "screen-corner-dark": Kind(
        "036", ".png", _screen((400, 300), _DARK, _WHITE, x=0.78, y=0.32, fill=0.4), _SMALL_PNG
    ),
    "coloured": Kind("1258", ".png", _screen((240, 240), _PASTEL, RED, GREEN, BLUE), _SMALL_PNG),
    "coloured-night": Kind(
        "49", ".png", _screen((240, 240), _NIGHT, (1.0, 0.8, 0.2), (0.4, 0.9, 1.0)), _SMALL_PNG
    ),
    "paper": Kind("0368", ".jpg", _paper((320, 320), BLUE, BLACK), _PHOTO),
    "paper-pencil": Kind("27", ".jpg", _paper((300, 360), (0.36, 0.36, 0.38), thin=0.055), _PHOTO),
    "paper-ruled": Kind("1457", ".jpg", _paper((360, 300), BLUE, BLACK, lines="ruled"), _PHOTO),
    "paper-squared": Kind("0269", ".jpg", _paper((320, 320), BLUE, RED, lines="squared"), _PHOTO),
    "chalk-board": Kind("23579", ".jpg", _board((320, 260)), _PHOTO),
    "transparent": Kind("1468", ".png", _transparent, _SMALL_PNG),
    "sideways": Kind("24679", ".jpg", _sideways, _PHOTO),
    "tiny-14": Kind("07", ".png", _grey(_screen((14, 14), _WHITE, _DARK, fill=0.72, thin=0.1))),
    "tiny-18": Kind("35", ".png", _grey(_screen((18, 18), _DARK, _WHITE, fill=0.72, thin=0.1))),
    "tiny-20": Kind("48", ".png", _grey(_screen((16, 20), _WHITE, _DARK, fill=0.9, thin=0.1))),
    "huge": Kind("158", ".jpg", _paper((3000, 2200), BLACK, BLUE, noise=0), _HUGE),
    "grey-16-bit": Kind("069", ".png", _scan, _SMALL_PNG),
    "palette": Kind(
        "37", ".png", _few_colours(_screen((200, 200), _PASTEL, RED, GREEN), 16), _SMALL_PNG
    ),
    "palette-gif": Kind("16", ".gif", _few_colours(_screen((180, 200), _WHITE, BLUE), 8)),
    "photo-webp": Kind(
        "0589",
        ".webp",
        _paper((360, 280), BLUE, BLACK, lines="ruled"),
        {"quality": 75, "method": 6},
    ),
}
