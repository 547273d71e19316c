"""A picture of every step from an image to its label: so that a user sees why.

image, with the box     cleaned image   what the classifier saw     the most probable labels
"""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digits.canvas import picture_of
from digits.errors import UsageError
from digits.images import Decoded, Source, load_image
from digits.prediction import Prediction, Reason

if TYPE_CHECKING:
    from PIL import Image, ImageDraw, ImageFont

TILE = 288
MARGIN = 28
GAP = 24
TOP = 96
FOOT = 48
ANSWER = 300
BARS = 3
SIZE = 2 * MARGIN + 3 * (TILE + GAP) + ANSWER, TOP + TILE + FOOT

_PAPER, _INK, _DIM = (252, 252, 253), (28, 28, 33), (112, 114, 124)
_TRAY, _TRACK = (236, 237, 241), (228, 230, 236)
BOX, BEST = (255, 84, 38), (38, 98, 217)
_BAR_HEIGHT, _BAR_STEP, _WIDEST_NAME, _SHARE = 16, 34, 120, 68

Pixels = NDArray[np.uint8]
Colour = tuple[int, int, int]


def explain(prediction: Prediction, image: "Source | None" = None) -> "Image.Image":
    """Draw what led to an answer: the image with its box, the ink, the canvas, the best labels.

    Args:
        prediction: The answer.
        image: What was read, anything that `Classifier.predict` takes; the file at
            `prediction.path` if None.

    Returns:
        An RGB image of the size `SIZE`.

    Raises:
        InputError: The image can't be read (any more).
        UsageError: The image is needed: the answer isn't about a file.
    """
    source = prediction.path if image is None else image
    if source is None:
        raise UsageError(
            "an answer that isn't about a file needs its image: explain(answer, image)"
        )
    return _sheet(prediction, load_image(source))


def _sheet(prediction: Prediction, image: Decoded) -> "Image.Image":
    from PIL import Image, ImageDraw

    sheet = Image.new("RGB", SIZE, _PAPER)
    draw = ImageDraw.Draw(sheet)
    _title(draw, prediction)
    width, height = image.size
    tiles = [
        (f"image, {width} x {height}", image.pixels),
        ("cleaned", prediction.clean),
        (f"canvas, {_size(prediction.canvas)}", prediction.canvas),
    ]
    for index, (caption, pixels) in enumerate(tiles):
        left = MARGIN + index * (TILE + GAP)
        draw.text((left, TOP - 8), caption, _DIM, _font(15), anchor="ls")
        x, y, scale = _tile(sheet, pixels, left)
        if index == 0 and prediction.reason is not Reason.EMPTY:
            _box(draw, prediction, (x, y), scale / image.factor)
    _answer(draw, prediction, MARGIN + 3 * (TILE + GAP))
    _foot(draw, prediction)
    return sheet


def _title(draw: "ImageDraw.ImageDraw", prediction: Prediction) -> None:
    _line(draw, (MARGIN, 46), prediction.path or "image", SIZE[0] - 2 * MARGIN, 22, _INK)


def _tile(sheet: "Image.Image", pixels: Pixels, left: int) -> tuple[int, int, float]:
    """Paste pixels into a square; returns where they begin in the sheet, and their scale."""
    from PIL import Image

    sheet.paste(_TRAY, (left, TOP, left + TILE, TOP + TILE))
    picture = Image.fromarray(picture_of(pixels)).convert("RGB")
    scale = TILE / max(picture.size)
    if scale >= 2:  # whole squares for each pixel of a small image
        scale = float(int(scale))
    way = Image.Resampling.LANCZOS if scale < 2 else Image.Resampling.NEAREST
    size = tuple(max(1, round(scale * side)) for side in picture.size)
    picture = picture.resize((size[0], size[1]), way, reducing_gap=3.0)
    x, y = left + (TILE - size[0]) // 2, TOP + (TILE - size[1]) // 2
    sheet.paste(picture, (x, y))
    return x, y, scale


def _size(canvas: Pixels) -> str:
    return " x ".join(str(side) for side in reversed(canvas.shape[-2:]))


def _box(
    draw: "ImageDraw.ImageDraw", prediction: Prediction, origin: tuple[int, int], scale: float
) -> None:
    x, y = origin
    x0, y0, x1, y1 = (scale * edge for edge in prediction.box)
    corners = round(x + x0), round(y + y0), round(x + x1), round(y + y1)
    outside = corners[0] - 1, corners[1] - 1, corners[2] + 1, corners[3] + 1
    draw.rectangle(outside, outline=_PAPER)  # so that it stands out from ink of its own colour
    draw.rectangle(corners, outline=BOX, width=2)


def _answer(draw: "ImageDraw.ImageDraw", prediction: Prediction, left: int) -> None:
    label = "-" if prediction.label is None else prediction.label
    size = next((s for s in (96, 64, 48, 36) if _length(label, s) <= ANSWER), 28)
    _line(draw, (left, TOP + 84), label, ANSWER, size, _INK)
    said = (
        f"{prediction.confidence:.1%}" if prediction.reason is None else prediction.reason.meaning
    )
    draw.text((left, TOP + 122), said, _INK, _font(22), anchor="ls")
    ends = bar_ends(left, prediction.labels)
    for rank, item in enumerate(prediction.top(BARS)):
        colour = BEST if rank == 0 and prediction.reason is None else _DIM
        top = TOP + TILE - _BAR_STEP * (BARS - rank)
        draw.text((left + ANSWER, top + 14), f"{item.probability:.1%}", _INK, _font(17), "rs")
        _line(draw, (left, top + 14), item.label, _WIDEST_NAME, 17, _INK)
        _bar(draw, ends, top, item.probability, colour)


def _bar(
    draw: "ImageDraw.ImageDraw", ends: tuple[int, int], top: int, share: float, colour: Colour
) -> None:
    start, end = ends
    bottom = top + _BAR_HEIGHT
    draw.rectangle((start, top, end, bottom), fill=_TRACK)
    if length := round((end - start) * share):
        draw.rectangle((start, top, start + length, bottom), fill=colour)


def bar_ends(left: int, labels: Sequence[str]) -> tuple[int, int]:
    """Where a bar of probability 1 begins and ends, in a column that begins at `left`."""
    longest = max((_length(label, 17) for label in labels), default=0)
    return left + int(min(longest, _WIDEST_NAME)) + 14, left + ANSWER - _SHARE


def _foot(draw: "ImageDraw.ImageDraw", prediction: Prediction) -> None:
    figures = [f"{name} {value:.3g}" for name, value in prediction.evidence.items()]
    model = f"{prediction.model} on {prediction.provider}"
    text = "   ".join([model, *figures])
    _line(draw, (MARGIN, SIZE[1] - 18), text, SIZE[0] - 2 * MARGIN, 14, _DIM)


def _line(
    draw: "ImageDraw.ImageDraw",
    place: tuple[int, int],
    text: str,
    width: int,
    size: int,
    colour: Colour,
) -> None:
    """Text on one line from its baseline's left end; what is too long loses its beginning."""
    draw.text(place, _shortened(_drawable(text), width, size), colour, _font(size), anchor="ls")


def _drawable(text: str) -> str:
    """File names may hold bytes that are no text, and control characters."""
    shown = text.encode("utf-8", "replace").decode()
    return "".join(character if character.isprintable() else "?" for character in shown)


def _shortened(text: str, width: int, size: int) -> str:
    if _length(text, size) <= width:
        return text
    text = text[-500:]  # file systems have paths of thousands of characters
    while text and _length(f"…{text}", size) > width:
        text = text[1:]
    return f"…{text}"


def _length(text: str, size: int) -> float:
    return _font(size).getlength(_drawable(text))


@cache
def _font(size: int) -> "ImageFont.ImageFont | ImageFont.FreeTypeFont":
    from PIL import ImageFont

    return ImageFont.load_default(size)
