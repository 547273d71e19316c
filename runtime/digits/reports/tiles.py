"""One mistake as people see it: what the model saw, where that came from, and what it read."""

from collections.abc import Iterable
from dataclasses import dataclass

from PIL import Image

from digits.canvas import picture_of
from digits.errors import InputError
from digits.images import decode_file
from digits.mistakes import Reading

SIDE = 140
# Pictures up to this side are enlarged, pixel by pixel.
_SMALL = 70


@dataclass(frozen=True, eq=False)
class Tile:
    """A mistake, drawn.

    Attributes:
        canvas: What the classifier saw, in its own size.
        picture: Where it came from, at most `SIDE` pixels wide and high.
        caption: What it read, what it is, how sure it was.
        name: The file, or the place in the data set.
    """

    canvas: Image.Image
    picture: Image.Image
    caption: str
    name: str


def tiles(readings: Iterable[Reading]) -> list[Tile]:
    """Draw mistakes, in their order."""
    return [
        Tile(
            Image.fromarray(picture_of(reading.canvas)),
            _picture(reading),
            caption(reading),
            reading.name,
        )
        for reading in readings
    ]


def caption(reading: Reading) -> str:
    """For example "read 7, is 1, 99 %"."""
    answer = reading.answer
    read = f"read {answer.label}" if answer.label is not None else f"abstained: {answer.reason}"
    shown = f"is {answer.truth}" if answer.truth is not None else "no single digit"
    return f"{read}, {shown}, {100 * answer.confidence:.0f} %"


def _picture(reading: Reading) -> Image.Image:
    if reading.picture is not None:
        return fitted(Image.fromarray(reading.picture))
    try:
        return fitted(Image.fromarray(decode_file(reading.name)))
    except InputError:  # it was readable a moment ago
        return Image.new("L", (SIDE, SIDE), 128)


def fitted(image: Image.Image) -> Image.Image:
    """An image as large as a tile allows: small ones in whole steps, others smoothed."""
    longest = max(image.size)
    small = longest <= _SMALL
    scale = SIDE // longest if small else SIDE / longest
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.NEAREST if small else Image.Resampling.LANCZOS)
