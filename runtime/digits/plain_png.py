"""Plain PNG files: taken apart here, unpacked by Pillow's decoder, in a fifth of the usual time.

Of the 80 µs in which Pillow reads 28 x 28 pixels it unpacks them for 5; the rest goes into finding
out what the file is, chunk by chunk. Of 8 bit grey or RGB without palette, transparency, EXIF or
interlacing there is little to find out. Everything else, and all that is damaged, is left to
`digits.pictures`, which reads the same pixels and says what is wrong.
"""

import sys
import threading
import zlib
from functools import cache
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

from digits import png_rows
from digits.decoded import Decoded, Pixels

if TYPE_CHECKING:
    from PIL import Image

_START = b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR"
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Width and height; depth, colour type, compression, filter, interlacing; the checksum.
_HEADER = Struct(">II5sI")
_CHUNK = Struct(">I4s")
_FIRST_CHUNK = len(_START) + _HEADER.size
_MODES = {b"\x08\0\0\0\0": "L", b"\x08\2\0\0\0": "RGB"}

# Chunks that change no pixel, by name and length.
_ASIDE = {
    (b"gAMA", 4),
    (b"cHRM", 32),
    (b"sRGB", 1),
    (b"pHYs", 9),
    (b"tIME", 7),
    (b"bKGD", 2),
    (b"bKGD", 6),
}
# Pillow takes some texts for EXIF or XMP; these it doesn't.
_ASIDE_TEXTS = (b"Software\0", b"date:")
# Pixels of an image whose array is kept for the next one.
_LARGEST_SHEET = 1 << 20
_budget = png_rows.Budget()


def decode(data: bytes, area: int) -> Decoded | None:
    """Decode a plain PNG file.

    Args:
        data: A file of any kind.
        area: The most pixels that it may have.

    Returns:
        The image; None if the file isn't plain, whole and small enough.
    """
    if not (data.startswith(_START) and data.endswith(_END, _FIRST_CHUNK)):
        return None
    width, height, kind, checksum = _HEADER.unpack_from(data, len(_START))
    mode = _MODES.get(kind)
    if mode is None or not 0 < width * height <= area or checksum != zlib.crc32(data[12:29]):
        return None
    packed = _packed(data)
    if packed is None:
        return None
    unpack = _grey if mode == "L" else _rgb
    try:
        return Decoded(unpack((width, height), packed), (width, height))
    except Exception:  # whatever damaged data leads to: Pillow's own reader words it
        return None


def _packed(data: bytes) -> bytes | None:
    """The compressed pixels; None if any chunk is more than that or an aside."""
    parts = []
    at, end, closed = _FIRST_CHUNK, len(data) - len(_END), False
    while at < end:
        length, name = _CHUNK.unpack_from(data, at)
        following = at + 12 + length
        if name == b"IDAT" and not closed:
            parts.append(data[at + 8 : following - 4])
        elif _is_aside(data[at:following], name):
            closed = bool(parts)
        else:
            return None
        at = following
    return b"".join(parts) if at == end else None


def _is_aside(chunk: bytes, name: bytes) -> bool:
    known = (name, len(chunk) - 12) in _ASIDE or (
        name == b"tEXt" and len(chunk) < 1000 and chunk.startswith(_ASIDE_TEXTS, 8)
    )
    return known and zlib.crc32(chunk[4:-4]) == int.from_bytes(chunk[-4:], "big")


def _grey(size: tuple[int, int], packed: bytes) -> Pixels:
    width, height = size
    levels = _by_python(size, packed, 1)
    if levels is None:
        levels = _unpacked(size, packed)
    pixels = np.empty((width * height, 3), np.uint8)
    for channel in range(3):  # faster than repeating each level
        pixels[:, channel] = levels
    return pixels.reshape(height, width, 3)


def _by_python(size: tuple[int, int], packed: bytes, channels: int) -> Pixels | None:
    """The levels of a small image, while Pillow isn't loaded: a run may read no other."""
    width, height = size
    if "PIL.Image" in sys.modules or not _budget.spend(width * height * channels):
        return None
    levels = png_rows.unpack(packed, width, height, channels)
    return None if levels is None else levels.reshape(-1)


def _unpacked(size: tuple[int, int], packed: bytes) -> Pixels:
    if size[0] * size[1] > _LARGEST_SHEET or not _writes_through():
        return np.frombuffer(_copied("L", size, packed), np.uint8)
    if _sheet.size != size:
        _sheet.lay(size)
    return _sheet.unpack(packed)


class _Sheet(threading.local):
    """One thread's array, and a Pillow image laid over it, which is written through.

    To make an image for each file and to copy its pixels out takes as long as to unpack them. Files
    of one size, one after the other, share one.
    """

    size = (0, 0)
    levels: Pixels
    image: "Image.Image"

    def lay(self, size: tuple[int, int]) -> None:
        from PIL import Image

        self.size = size
        self.levels = np.zeros(size[0] * size[1], np.uint8)
        self.image = Image.frombuffer("L", size, self.levels, "raw", "L", 0, 1)

    def unpack(self, packed: bytes) -> Pixels:
        self.levels.fill(0)  # rows that a file lacks are black, as with Pillow
        self.image.frombytes(packed, "zip", "L")
        return self.levels


_sheet = _Sheet()


@cache
def _writes_through() -> bool:
    """Whether what is read into such an image is in the array: Pillow only promises the reverse."""
    sheet = _Sheet()
    sheet.lay((1, 1))
    return bool(sheet.unpack(zlib.compress(b"\0\x5a"))[0] == 0x5A)


def _rgb(size: tuple[int, int], packed: bytes) -> Pixels:
    width, height = size
    levels = _by_python(size, packed, 3)
    if levels is None:
        levels = np.frombuffer(_copied("RGB", size, packed), np.uint8)
    return levels.reshape(height, width, 3)


def _copied(mode: str, size: tuple[int, int], packed: bytes) -> bytes:
    from PIL import Image

    return Image.frombytes(mode, size, packed, "zip", mode).tobytes()
