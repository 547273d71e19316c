"""Draw the README's picture: sample images, what the model saw in each, and its answer.

Run `python samples/picture.py [--out FILE]`.
"""

import argparse
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from digits import Classifier, Prediction
from digits.images import load_pixels

HERE = Path(__file__).parent
CHOSEN = (
    "0-photo-webp.webp",
    "1-transparent.png",
    "2-chalk-board.jpg",
    "3-paper.jpg",
    "4-coloured-night.png",
    "5-paper-ruled.jpg",
    "6-sideways.jpg",
    "7-tiny-14.png",
    "8-screen-corner.png",
    "9-paper-squared.jpg",
)
COLUMNS = 5
TILE = 132
GAP = 12
CAPTION = 30
INK, PAPER = (30, 30, 34), (255, 255, 255)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=HERE / "reading.png")
    answers = Classifier.load("lenet", provider="cpu").predict_many(
        HERE / "images" / name for name in CHOSEN
    )
    rows = -(-len(answers) // COLUMNS)
    width, height = 2 * TILE + GAP // 2, TILE + CAPTION
    size = COLUMNS * (width + GAP) + GAP, rows * (height + GAP) + GAP
    sheet = Image.new("RGB", size, PAPER)
    for i, answer in enumerate(answers):
        corner = GAP + i % COLUMNS * (width + GAP), GAP + i // COLUMNS * (height + GAP)
        sheet.paste(card(answer), corner)
    sheet.quantize(128).save(parser.parse_args().out, optimize=True)


def card(answer: Prediction) -> Image.Image:
    """The image, its canvas, and the label below."""
    picture = Image.new("RGB", (2 * TILE + GAP // 2, TILE + CAPTION), PAPER)
    for i, pixels in enumerate((load_pixels(answer.path), answer.canvas)):
        tile = Image.fromarray(pixels)
        scale = TILE / max(tile.size)
        smooth = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.NEAREST
        tile = tile.resize((round(tile.width * scale), round(tile.height * scale)), smooth)
        frame = Image.new("RGB", (TILE, TILE), (238, 238, 240))
        frame.paste(tile, ((TILE - tile.width) // 2, (TILE - tile.height) // 2))
        picture.paste(frame, (i * (TILE + GAP // 2), 0))
    draw = ImageDraw.Draw(picture)
    text = f"{answer.label}   {answer.confidence:.1%}"
    draw.text((picture.width / 2, TILE + 6), text, INK, ImageFont.load_default(18), anchor="ma")
    return picture


if __name__ == "__main__":
    main()
