"""JPEG files decoded by simplejpeg, where the extra [fast] is installed: Pillow's pixels, sooner.

What differs from the usual in any way, and all that is damaged, is left to `digits.pictures`, which
says what is wrong.
"""

from collections.abc import Iterator
from struct import Struct

import numpy as np

from digits.decoded import Decoded, Pixels, reduction
from digits.decoder import SIMPLEJPEG, decoder
from digits.orientation import SIDEWAYS, from_exif, undo_orientation

_START = b"\xff\xd8\xff"
_MARKER = Struct(">HH")
# Of a frame: bits a sample, height, width, components.
_FRAME = Struct(">BHHB")
# Baseline, extended and progressive, with Huffman coding.
_FRAMES = (0xFFC0, 0xFFC1, 0xFFC2)
_SCAN = 0xFFDA
_EXIF_OR_XMP = 0xFFE1
# Applications' blocks, comments, tables (quantization, Huffman), restart interval.
_ASIDE = frozenset((*range(0xFFE0, 0xFFF0), 0xFFFE, 0xFFDB, 0xFFC4, 0xFFDD, _SCAN))
_EXIF, _XMP = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"
# Pillow averages what is left to do.
_LARGEST_FACTOR = 8
# simplejpeg is told the size that should come out, which tells scales apart from here on.
_LEAST_REDUCED = 16

_Header = tuple[int, int, int]


def decode(data: bytes, area: int, limit: int) -> Decoded | None:
    """Decode a usual JPEG file, halved until it has at most `area` pixels.

    Args:
        data: A file of any kind.
        area: The most pixels that come out.
        limit: The most pixels that it may have.

    Returns:
        The image, upright; None if the file is unusual, damaged or too large, or if simplejpeg
        isn't to be used.
    """
    if not data.startswith(_START) or decoder() != SIMPLEJPEG:
        return None
    header = _header(data)
    if header is None or not 0 < header[0] * header[1] <= limit:
        return None
    width, height, orientation = header
    factor = reduction(width, height, area)
    if factor > (_LARGEST_FACTOR if min(width, height) >= _LEAST_REDUCED else 1):
        return None
    pixels = _pixels(data, -(-width // factor), -(-height // factor))
    if pixels is None:
        return None
    size = (height, width) if orientation in SIDEWAYS else (width, height)
    return Decoded(np.ascontiguousarray(undo_orientation(pixels, orientation)), size, factor)


def _header(data: bytes) -> _Header | None:
    """Width, height and orientation, if nothing but the usual stands before the pixels."""
    frame = orientation = None
    marker = 0
    for marker, block in _blocks(data):
        if marker in _FRAMES and frame is None:
            frame = _size(block)
        elif marker == _EXIF_OR_XMP and not _tells_nothing(block):
            if orientation is not None:
                return None
            orientation = from_exif(block)
            if orientation is None:
                return None
        elif marker not in _ASIDE:
            return None
    return (*frame, orientation or 1) if marker == _SCAN and frame is not None else None


def _blocks(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Markers with what belongs to them, up to the first scan."""
    at, marker = len(_START) - 1, 0
    while marker != _SCAN and at + _MARKER.size <= len(data):
        marker, length = _MARKER.unpack_from(data, at)
        yield marker, data[at + _MARKER.size : at + 2 + length]
        at += 2 + length


def _size(frame: bytes) -> tuple[int, int] | None:
    if len(frame) < _FRAME.size:
        return None
    bits, height, width, components = _FRAME.unpack_from(frame)
    return (width, height) if bits == 8 and components in (1, 3) else None


def _tells_nothing(block: bytes) -> bool:
    """Whether it is no EXIF block, and no XMP block that says how the camera was held."""
    return not block.startswith(_EXIF) and not (
        block.startswith(_XMP) and b"tiff:Orientation" in block
    )


def _pixels(data: bytes, width: int, height: int) -> Pixels | None:
    # Costs a millisecond.
    from simplejpeg import decode_jpeg

    try:
        pixels: Pixels = decode_jpeg(data, min_height=height, min_width=width)
    except Exception:  # whatever damaged data leads to: Pillow's own reader words it
        return None
    return pixels if pixels.shape == (height, width, 3) else None
