"""PNG as Pillow doesn't write it: interlaced, and with 16 bits for each of three channels."""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_RGB = 2
# Adam7 (PNG specification, 8.2): first row and column, and the steps between them, of each pass.
_PASSES = (
    (0, 0, 8, 8),
    (0, 4, 8, 8),
    (4, 0, 8, 4),
    (0, 2, 4, 4),
    (2, 0, 4, 2),
    (0, 1, 2, 2),
    (1, 0, 2, 1),
)


def interlaced(image: Image.Image) -> bytes:
    """An RGB image in seven passes, from coarse to fine."""
    pixels = np.asarray(image)
    passes = [pixels[row::rows, column::columns] for row, column, rows, columns in _PASSES]
    return _png(pixels, 8, b"".join(map(_rows, passes)), interlace=1)


def sixteen_bits(image: Image.Image) -> bytes:
    """An RGB image whose levels 0 to 255 became 0 to 65535."""
    pixels = np.asarray(image)
    return _png(pixels, 16, _rows((pixels.astype(np.uint16) * 257).astype(">u2")), interlace=0)


def _rows(pixels: NDArray[np.generic]) -> bytes:
    """Rows of pixels, each behind a byte that says it isn't filtered; nothing without pixels."""
    if not pixels.size:
        return b""
    return b"".join(b"\0" + row.tobytes() for row in pixels)


def _png(pixels: NDArray[np.uint8], bits: int, data: bytes, interlace: int) -> bytes:
    height, width, _ = pixels.shape
    header = struct.pack(">IIBBBBB", width, height, bits, _RGB, 0, 0, interlace)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(data, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(map(_chunk, chunks))


def _chunk(kind_and_data: tuple[bytes, bytes]) -> bytes:
    kind, data = kind_and_data
    checksum = zlib.crc32(kind + data)
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", checksum)
