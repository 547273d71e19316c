"""The worst mistakes on one picture."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from digits.reports.tiles import SIDE, Tile, fitted

COLUMNS = 4
GAP = 12
TILE = (2 * SIDE + 3 * GAP, SIDE + 2 * GAP + 44)
MARGIN = 20
_PAPER, _CARD, _INK, _FAINT = "#f3f4f6", "#ffffff", "#111827", "#6b7280"
# In a wide font, what fits below two pictures.
_LETTERS = 42


def contact_sheet(tiles: Sequence[Tile]) -> bytes:
    """Draw tiles as PNG: what the classifier saw, enlarged, beside the picture it came from."""
    rows = max(1, -(-len(tiles) // COLUMNS))
    width, height = TILE
    size = (
        2 * MARGIN + COLUMNS * (width + GAP) - GAP,
        2 * MARGIN + rows * (height + GAP) - GAP,
    )
    sheet = Image.new("RGB", size, _PAPER)
    pen = ImageDraw.Draw(sheet)
    if not tiles:
        pen.text((MARGIN, MARGIN), "no mistakes", _INK, ImageFont.load_default(18))
    for place, tile in enumerate(tiles):
        left = MARGIN + place % COLUMNS * (width + GAP)
        top = MARGIN + place // COLUMNS * (height + GAP)
        _draw(sheet, pen, tile, left, top)
    content = io.BytesIO()
    sheet.save(content, "PNG", optimize=True)
    return content.getvalue()


def _draw(sheet: Image.Image, pen: ImageDraw.ImageDraw, tile: Tile, left: int, top: int) -> None:
    pen.rounded_rectangle((left, top, left + TILE[0] - 1, top + TILE[1] - 1), 8, _CARD)
    for place, image in enumerate((fitted(tile.canvas), tile.picture)):
        x = left + GAP + place * (SIDE + GAP) + (SIDE - image.width) // 2
        y = top + GAP + (SIDE - image.height) // 2
        sheet.paste(image, (x, y))
        pen.rectangle((x - 1, y - 1, x + image.width, y + image.height), outline="#d1d5db")
    below = top + GAP + SIDE
    pen.text((left + GAP, below + 8), tile.caption, _INK, ImageFont.load_default(18))
    pen.text((left + GAP, below + 32), _short(tile.name), _FAINT, ImageFont.load_default(12))


def _short(name: str) -> str:
    """The end of a name, which is what tells it from others."""
    printable = "".join(c if c.isprintable() else "?" for c in name)
    return printable if len(printable) <= _LETTERS else f"...{printable[3 - _LETTERS :]}"
