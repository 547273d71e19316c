"""Choose the golden images of the exporter: a few samples, made small, as PNG.

    python samples/pick_goldens.py

The exporter ships them as pixels, so every decoder reads the same; run it again after `draw.py`
changed, and `encode_goldens.py` after it, which writes some as files. Exporting all models again
then gives bundles with the new goldens.
"""

from pathlib import Path

from PIL import Image

from digits.images import load_pixels

SAMPLES = Path(__file__).parent / "images"
GOLDENS = Path(__file__).parents[1] / "export" / "digits_export" / "golden_images"
LONGEST = 120
CHOSEN = (
    "0-screen-28.png",
    "1-screen-28-inverted.png",
    "2-chalk-board.jpg",
    "3-paper.jpg",
    "4-coloured-night.png",
    "5-paper-ruled.jpg",
    "6-transparent.png",
    "7-tiny-14.png",
    "8-screen-corner.png",
    "9-sideways.jpg",
)
# One more in colour, small enough for files without compression, and of a width that isn't a
# multiple of four, to which BMP fills its rows.
SMALL = "8-coloured.png"
SMALL_HEIGHT = 32
SMALL_COLUMNS = (2, 29)


def main() -> None:
    GOLDENS.mkdir(exist_ok=True)
    for name in CHOSEN:
        image = Image.fromarray(load_pixels(SAMPLES / name))
        image.thumbnail((LONGEST, LONGEST), Image.Resampling.LANCZOS)
        image.save(GOLDENS / f"{Path(name).stem}.png", optimize=True)
    small = Image.fromarray(load_pixels(SAMPLES / SMALL))
    small.thumbnail((SMALL_HEIGHT, SMALL_HEIGHT), Image.Resampling.LANCZOS)
    left, right = SMALL_COLUMNS
    small.crop((left, 0, right, SMALL_HEIGHT)).save(GOLDENS / SMALL, optimize=True)


if __name__ == "__main__":
    main()
