"""PNG pixels without Pillow: to load it takes 40 ms, longer than to unpack one small image here.

Filters: W3C, Portable Network Graphics (Second Edition), section 9.
"""

import zlib

import numpy as np

from digits.decoded import Pixels

# Bytes that Python mends one by one, in 10 ms at most; whoever reads more than that loads Pillow.
_ALLOWED = 40_000
_NONE, _SUB, _UP, _AVERAGE, _PAETH = range(5)


class Budget:
    """How much may still be unpacked here."""

    def __init__(self) -> None:
        self.left = _ALLOWED

    def spend(self, size: int) -> bool:
        """Whether there is enough left for so many bytes; if so, there are fewer from now on."""
        if size > self.left:
            return False
        self.left -= size
        return True


def unpack(packed: bytes, width: int, height: int, channels: int) -> Pixels | None:
    """Inflate the pixels and undo the filters of their rows.

    Args:
        packed: The contents of all IDAT chunks.
        width: Of the image; as `height`, in pixels.
        height: Of the image.
        channels: Bytes for each pixel.

    Returns:
        uint8 [height, width · channels]; None if they are damaged, or not as many as there should
        be, which Pillow bears.
    """
    stride = 1 + width * channels
    inflater = zlib.decompressobj()
    try:
        rows = inflater.decompress(packed, stride * height + 1)
    except zlib.error:
        return None
    if len(rows) != stride * height or not inflater.eof:
        return None
    filtered = np.frombuffer(rows, np.uint8).reshape(height, stride)
    if filtered[:, 0].max() > _PAETH:
        return None
    return _unfiltered(filtered, channels)


def _unfiltered(filtered: Pixels, channels: int) -> Pixels:
    levels = np.empty((len(filtered), filtered.shape[1] - 1), np.uint8)
    above = np.zeros(levels.shape[1], np.uint8)
    for row, line in zip(levels, filtered, strict=True):
        row[:] = _row(int(line[0]), line[1:], above, channels)
        above = row
    return levels


def _row(kind: int, line: Pixels, above: Pixels, channels: int) -> Pixels:
    if kind == _NONE:
        return line
    if kind == _SUB:
        return np.cumsum(line.reshape(-1, channels), axis=0, dtype=np.uint8).reshape(-1)
    if kind == _UP:
        return line + above
    mend = _average if kind == _AVERAGE else _paeth
    return np.frombuffer(mend(line.tolist(), above.tolist(), channels), np.uint8)


def _average(line: list[int], above: list[int], channels: int) -> bytearray:
    out = bytearray(channels) + bytes(line)  # what stands to the left of the first pixel is 0
    for i, (value, up) in enumerate(zip(line, above, strict=True)):
        out[i + channels] = (value + (out[i] + up) // 2) & 255
    return out[channels:]


def _paeth(line: list[int], above: list[int], channels: int) -> bytearray:
    out = bytearray(channels) + bytes(line)
    corners = [0] * channels + above
    for i, (value, up, corner) in enumerate(zip(line, above, corners, strict=False)):
        out[i + channels] = (value + _nearest(out[i], up, corner)) & 255
    return out[channels:]


def _nearest(left: int, up: int, corner: int) -> int:
    """Which of the three is nearest to left + up - corner; in this order where two are."""
    to_left, to_up, to_corner = abs(up - corner), abs(left - corner), abs(left + up - 2 * corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner
