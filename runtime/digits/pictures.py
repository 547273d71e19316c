"""Everything that needs Pillow: image files and Pillow images → RGB uint8 [H, W, 3].

Pillow's global settings are left alone, since an app that embeds the runtime has its own.
"""

import re
import threading
import warnings
from contextlib import suppress
from importlib import import_module
from typing import IO, TypeGuard

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from digits.decoded import Decoded, Pixels, reduction
from digits.errors import InputError
from digits.images import check_size
from digits.orientation import SIDEWAYS, TAG, undo_orientation

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
# No EPS, which runs Ghostscript, and no format that takes any bytes for an image (TGA, PCX).
# fmt: off
_FORMATS = (
    "GIF", "BMP", "PPM", "WEBP", "TIFF", "AVIF", "JPEG2000", "ICO", "ICNS", "DIB", "QOI", "SGI",
    "PSD",
)
# fmt: on

# First bytes of other formats that are often met, and Pillow's modules for them.
_COMMON = (
    (re.compile(rb"GIF8"), "GIF", "GifImagePlugin"),
    (re.compile(rb"BM"), "BMP", "BmpImagePlugin"),
    (re.compile(rb"P[1-6]\s"), "PPM", "PpmImagePlugin"),
    (re.compile(rb"RIFF....WEBP", re.DOTALL), "WEBP", "WebPImagePlugin"),
    (re.compile(rb"II\*\0|MM\0\*"), "TIFF", "TiffImagePlugin"),
)
_LONGEST_HEAD = 12

# Names of classes, constants, modules and calls.
_FOR_PROGRAMMERS = re.compile(r"[a-z][A-Z]|[A-Za-z]_|\w\.[A-Za-z]|\(\)|\bPIL\b|Pillow|Python")
_HEIC = re.compile(rb"....ftyp(heic|heix|hevc|mif1|msf1)", re.DOTALL)


def is_picture(source: object) -> TypeGuard[Image.Image]:
    """Whether it is a Pillow image."""
    return isinstance(source, Image.Image)


def read_file(file: IO[bytes], area: int, limit: int) -> Decoded:
    """Decode an image file that can be sought in, halved until it has at most `area` pixels.

    It may have `limit` pixels.

    Raises:
        InputError: It isn't an image, is damaged, or has too many pixels (which its header tells
            before anything is decoded).
    """
    with _quiet:
        try:
            with _open(file) as image:
                return _from_file(image, area, limit)
        except InputError:
            raise
        except UnidentifiedImageError as error:
            raise InputError(_unknown(file)) from error
        except Image.DecompressionBombError as error:
            raise InputError("too large: more pixels than this app lets Pillow open") from error
        except Exception as error:  # Pillow's plugins raise whatever damaged data leads to
            raise InputError(f"a damaged image: {_reason(error)}") from error


def read_picture(image: Image.Image, area: int, limit: int) -> Decoded:
    """Decode a Pillow image, at the frame where it stands, halved as by `read_file`.

    Raises:
        InputError: It is damaged, closed, empty or too large.
    """
    with _quiet:
        try:
            _check(image, limit)
            return _upright(image, reduction(*image.size, area))
        except InputError:
            raise
        except Exception as error:  # it may be a lazily opened file of any kind
            raise InputError(f"a damaged image: {_reason(error)}") from error


def shrink(pixels: Pixels, factor: int) -> Pixels:
    """Average squares of `factor` x `factor` pixels, at the right and lower edge what there is."""
    return np.asarray(Image.fromarray(pixels).reduce(factor), np.uint8) if factor > 1 else pixels


def _open(file: IO[bytes]) -> Image.Image:
    """Read an image's header, with no more of Pillow's plugins than it takes."""
    head = file.read(_LONGEST_HEAD)
    file.seek(0)
    if head.startswith(_PNG):
        from PIL.PngImagePlugin import PngImageFile

        return PngImageFile(file)
    if head.startswith(_JPEG):
        from PIL.JpegImagePlugin import jpeg_factory

        return jpeg_factory(file)
    for magic, name, module in _COMMON:
        if magic.match(head):
            with suppress(UnidentifiedImageError):
                # All plugins would take 50 ms.
                import_module(f"PIL.{module}")
                return Image.open(file, formats=[name])
    Image.init()
    file.seek(0)
    return Image.open(file, formats=[name for name in _FORMATS if name in Image.OPEN])


def _check(image: Image.Image, limit: int) -> None:
    if 0 in image.size:
        raise InputError("an image without pixels")
    check_size(*image.size, limit)


def _from_file(image: Image.Image, area: int, limit: int) -> Decoded:
    _check(image, limit)
    size, factor = image.size, reduction(*image.size, area)
    done = _draft(image, factor) if factor > 1 else 1
    return _upright(image, factor, done, size if done > 1 else None)


def _draft(image: Image.Image, factor: int) -> int:
    """Let a JPEG file decode itself smaller, by 2, 4 or 8; returns by how much it will."""
    longer = max(image.size)
    image.draft(None, (max(image.width // factor, 1), max(image.height // factor, 1)))
    return next(done for done in (1, 2, 4, 8) if -(-longer // done) == max(image.size))


def _upright(
    image: Image.Image, factor: int, done: int = 1, size: tuple[int, int] | None = None
) -> Decoded:
    """Load an image and turn it.

    Args:
        image: The image.
        factor: By what to divide its sides.
        done: The part of that which loading does.
        size: Of the whole, if loading gives less.
    """
    image.load()
    width, height = size or image.size
    orientation = _orientation(image)
    turned = undo_orientation(_rgb(image, factor // done), orientation)
    upright = (height, width) if orientation in SIDEWAYS else (width, height)
    return Decoded(np.ascontiguousarray(turned), upright, factor)


def _rgb(image: Image.Image, factor: int) -> Pixels:
    if image.mode.startswith("I") or image.mode == "F":
        return np.repeat(shrink(_deep_grey(image), factor)[:, :, None], 3, axis=2)
    flat = _flat(image)
    # Reduced before it is an array: copying 12 megapixels costs more than averaging them.
    return np.asarray(flat.reduce(factor) if factor > 1 else flat, np.uint8)


def _flat(image: Image.Image) -> Image.Image:
    """An image as RGB on white paper."""
    if image.mode[-1] not in "Aa" and "transparency" not in image.info:
        return image.convert("RGB")
    layer = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(layer, mask=layer.getchannel("A"))
    return paper


def _deep_grey(image: Image.Image) -> Pixels:
    """Grey levels of an image with more than 8 bits a pixel: 16 or 32 bits, or float."""
    values = np.asarray(image).astype(np.float32)
    if not np.isfinite(values).all() or values.min() < 0:
        raise InputError("an image with negative or infinite values")
    levels: Pixels = np.rint(values * (255 / _white(values, image.mode))).astype(np.uint8)
    return levels


def _white(values: NDArray[np.float32], mode: str) -> float:
    """The value that stands for white: the end of the smallest usual range that holds all."""
    ranges = (1.0, 255.0, 65535.0) if mode == "F" else (65535.0,)
    highest = float(values.max())
    return next((end for end in ranges if highest <= end), highest)


def _orientation(image: Image.Image) -> int:
    # A picture is good without its EXIF block, which is often damaged by editors.
    with suppress(Exception):
        return int(image.getexif().get(TAG, 1))
    return 1


def _unknown(file: IO[bytes]) -> str:
    file.seek(0)
    head = file.read(16)
    if _HEIC.match(head):
        return "not an image that can be read here: HEIC; save it as JPEG or PNG"
    if head.startswith(b"%PDF"):
        return "not an image but a PDF; save its page as PNG"
    if head.startswith((b"<svg", b"<?xml")):
        return "not an image of pixels (SVG or XML); save it as PNG"
    return "not an image: none of the known formats"


def _reason(error: Exception) -> str:
    """What Pillow says, unless it tells programmers which of its settings to change."""
    text = " ".join(str(error).split())
    if not text or _FOR_PROGRAMMERS.search(text):
        return "its data can't be decoded"
    return text


class _QuietPillow:
    """Keeps Pillow's warnings about damaged or large files off stderr while images are decoded.

    `warnings.catch_warnings` would restore filters that another thread has changed meanwhile.
    Here one filter, which concerns Pillow's own modules only, comes with the first user and goes
    with the last.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._users = 0
        self._filter: object = None

    def __enter__(self) -> None:
        with self._lock:
            self._users += 1
            if self._users == 1:
                warnings.filterwarnings("ignore", module=r"PIL\.")
                self._filter = warnings.filters[0]

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._users -= 1
            if self._users == 0 and self._filter in warnings.filters:
                list.remove(warnings.filters, self._filter)  # type: ignore[arg-type]


_quiet = _QuietPillow()
