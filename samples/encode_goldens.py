"""Encode some of the exporter's golden images as files, to hold other decoders against them.

    python samples/encode_goldens.py

Run it after `pick_goldens.py`. The files are committed, and stay what they are until it is run
again: other versions of the encoders write other bytes, and goldens must not change with them.

A file is named after its image, and after what it is: `8-coloured.file_png_palette.png` decodes to
the pixels of `8-coloured.png` exactly, `9-sideways.lossy_jpeg_turned.jpg` nearly.
"""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from interlaced_png import interlaced, sixteen_bits

GOLDENS = Path(__file__).parents[1] / "export" / "digits_export" / "golden_images"
ENCODED = GOLDENS / "encoded"

_ORIENTATION = 0x0112
_RIGHT_TOP = 6  # the first row is the right side: turn it clockwise to see it upright

Encode = Callable[[Image.Image], bytes]


def saved(**options: object) -> Encode:
    """Pillow's encoder of a format."""

    def encode(image: Image.Image) -> bytes:
        file = io.BytesIO()
        image.save(file, **options)
        return file.getvalue()

    return encode


def grey(**options: object) -> Encode:
    """The same with one channel."""
    return lambda image: saved(**options)(image.convert("L"))


def palette(**options: object) -> Encode:
    """The same with a palette of the image's own colours."""
    return lambda image: saved(**options)(_indexed(image))


def alpha(image: Image.Image) -> bytes:
    """PNG of black ink whose alpha makes the grey levels: on white paper, nowhere else."""
    level = np.asarray(image.convert("L"))
    layer = np.zeros((*level.shape, 4), np.uint8)
    layer[..., 3] = 255 - level
    return saved(format="PNG", optimize=True)(Image.fromarray(layer))


def deep_grey(image: Image.Image) -> bytes:
    """PNG with one channel of 16 bits."""
    levels = np.asarray(image.convert("L")).astype(np.uint16) * 257
    return saved(format="PNG", optimize=True)(Image.fromarray(levels))


def turned(image: Image.Image) -> bytes:
    """JPEG of the image lying on its side, with the EXIF tag that says so."""
    exif = Image.Exif()
    exif[_ORIENTATION] = _RIGHT_TOP
    side = image.transpose(Image.Transpose.ROTATE_90)
    return saved(format="JPEG", quality=92, subsampling=0, exif=exif)(side)


def cmyk(image: Image.Image) -> bytes:
    """JPEG in the inks of a printer, without black, so that every conversion agrees."""
    inks = 255 - np.asarray(image)
    layers = np.concatenate([inks, np.zeros_like(inks[..., :1])], axis=2)
    return saved(format="JPEG", quality=95)(Image.frombytes("CMYK", image.size, layers.tobytes()))


def _indexed(image: Image.Image) -> Image.Image:
    colours, indices = np.unique(np.asarray(image).reshape(-1, 3), axis=0, return_inverse=True)
    indexed = Image.fromarray(indices.reshape(image.height, image.width).astype(np.uint8))
    indexed = indexed.convert("P")
    indexed.putpalette(colours.tobytes())
    return indexed


# Image, what its file is, suffix, encoder. Chroma at half the resolution only where there is hardly
# any colour, since decoders differ in how they enlarge it.
FILES: tuple[tuple[str, str, str, Encode], ...] = (
    ("0-screen-28", "file_png_alpha", "png", alpha),
    ("0-screen-28", "file_png_grey", "png", grey(format="PNG", optimize=True)),
    ("0-screen-28", "file_png_grey_16", "png", deep_grey),
    ("0-screen-28", "file_ppm_grey", "ppm", grey(format="PPM")),
    ("7-tiny-14", "file_gif_grey", "gif", grey(format="GIF")),
    ("8-coloured", "file_bmp", "bmp", saved(format="BMP")),
    ("8-coloured", "file_gif", "gif", palette(format="GIF")),
    ("8-coloured", "file_png", "png", saved(format="PNG", optimize=True)),
    ("8-coloured", "file_png_16", "png", sixteen_bits),
    ("8-coloured", "file_png_interlaced", "png", interlaced),
    ("8-coloured", "file_png_palette", "png", palette(format="PNG", optimize=True)),
    ("8-coloured", "file_ppm", "ppm", saved(format="PPM")),
    ("8-coloured", "file_tiff", "tiff", saved(format="TIFF")),
    ("8-coloured", "file_tiff_lzw", "tiff", saved(format="TIFF", compression="tiff_lzw")),
    ("8-coloured", "file_webp", "webp", saved(format="WEBP", lossless=True)),
    ("2-chalk-board", "lossy_jpeg", "jpg", saved(format="JPEG", quality=90)),
    ("2-chalk-board", "lossy_webp", "webp", saved(format="WEBP", quality=90)),
    ("7-tiny-14", "lossy_jpeg_grey", "jpg", grey(format="JPEG", quality=92)),
    ("8-coloured", "lossy_jpeg_cmyk", "jpg", cmyk),
    (
        "8-coloured",
        "lossy_jpeg_progressive",
        "jpg",
        saved(format="JPEG", quality=95, subsampling=0, progressive=True),
    ),
    ("9-sideways", "lossy_jpeg_turned", "jpg", turned),
)


def main() -> None:
    ENCODED.mkdir(exist_ok=True)
    for file in ENCODED.iterdir():
        file.unlink()
    for stem, form, suffix, encode in FILES:
        with Image.open(GOLDENS / f"{stem}.png") as image:
            data = encode(image.convert("RGB"))
        (ENCODED / f"{stem}.{form}.{suffix}").write_bytes(data)
    sizes = [file.stat().st_size for file in ENCODED.iterdir()]
    print(f"{len(sizes)} files, {sum(sizes):,} bytes, in {ENCODED}")


if __name__ == "__main__":
    main()
