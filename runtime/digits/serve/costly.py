"""Image files that would keep a decoder busy for minutes, told by their bytes before that."""

import re

from digits.errors import InputError

_JPEG = b"\xff\xd8\xff"
# Progressive files have ten or so; each costs a pass over all pixels, and a few bytes. libtiff has
# the same limit for JPEG files inside of TIFF files.
_MOST_SCANS = 100
_SCAN, _END = 0xDA, 0xD9
_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_WITHOUT_LENGTH = frozenset((0x01, *range(0xD0, 0xD9)))
# Pillow decodes JPEG 2000 (which ICNS files hold, too) while all other threads stand still, and
# the rest in Python: 10 MB of comments, for which PPM has room, take it minutes.
_OTHERS = (
    (re.compile(rb"\xff\x4f\xff\x51|\0\0\0\x0cjP  "), "JPEG 2000"),
    (re.compile(rb"icns"), "ICNS"),
    (re.compile(rb"qoif"), "QOI"),
    (re.compile(rb"P[123]\s"), "PPM as text"),
)


def refuse_costly(data: bytes) -> None:
    """Refuse an image file that a server can't afford to decode.

    Raises:
        InputError: It is one; the message says what to send instead.
    """
    if data.startswith(_JPEG):
        if data.count(b"\xff\xda") > _MOST_SCANS and _has_many_scans(data):
            raise InputError(
                f"too large: a JPEG file of more than {_MOST_SCANS} scans: save it as PNG"
            )
        return
    for magic, name in _OTHERS:
        if magic.match(data):
            raise InputError(f"{name} takes a server too long: save it as JPEG or PNG")


def _has_many_scans(data: bytes) -> bool:
    """Whether a JPEG file has; previews in its blocks and films behind it don't count."""
    at, scans = 2, 0
    while scans <= _MOST_SCANS and (found := _MARKER.search(data, at)) is not None:
        marker, at = found[1][0], found.end()
        if marker == _END:
            return False
        scans += marker == _SCAN
        if marker not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2], "big")
    return scans > _MOST_SCANS
