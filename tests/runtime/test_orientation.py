"""EXIF blocks: the orientation as Pillow reads it, or none where the block is odd."""

import struct
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from digits.orientation import TAG, from_exif, undo_orientation

ORDERS = ((b"II*\0", "<"), (b"MM\0*", ">"))


def block(order: str, entries: list[tuple[int, int, int, int]], offset: int = 8) -> bytes:
    head = dict(map(reversed, ORDERS))[order]
    parts = [struct.pack(order + "HHIH2x", *entry) for entry in entries]
    body = struct.pack(order + "I", offset) + struct.pack(order + "H", len(parts))
    return b"Exif\0\0" + head + body + b"".join(parts) + bytes(4)


def by_pillow(data: bytes) -> int:
    exif = Image.Exif()
    with warnings.catch_warnings(action="ignore"):
        exif.load(data)
    return exif.get(TAG, 1)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("value", [0, 1, 6, 8, 9, 65535])
def test_both_byte_orders(order: str, value: int) -> None:
    data = block(order, [(0x010F, 2, 4, 0x41), (TAG, 3, 1, value), (0x0128, 3, 1, 2)])
    assert from_exif(data) == value == by_pillow(data)


@pytest.mark.parametrize("order", "<>")
def test_upright_if_it_says_nothing(order: str) -> None:
    for entries in ([], [(0x0128, 3, 1, 2)]):
        assert from_exif(block(order, entries)) == 1


@given(st.integers(0, 9), st.booleans())
def test_what_pillow_writes(value: int, sideways: bool) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[TAG], exif[0x0132] = "maker", value, "2026:11:27"
    if sideways:
        exif.get_ifd(0x8769)[0x9003] = "2026:11:27"
    assert from_exif(exif.tobytes()) == value


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"Exif\0\0",
        b"Exif\0\0II*\0\x08\0\0",
        b"Exif\0\0II*\0\x08\0\0\0",
        b"Exif\0\0II+\0\x08\0\0\0\0\0",
        b"Xxif\0\0II*\0\x08\0\0\0\0\0",
        block("<", [], offset=9999),
        block("<", [(TAG, 3, 1, 6)])[:-8],
        block("<", [(TAG, 4, 1, 6)]),
        block("<", [(TAG, 3, 2, 6)]),
        block("<", [(TAG, 3, 1, 6), (TAG, 3, 1, 8)]),
        block("<", [(0x010F, 2, 5, 999), (TAG, 3, 1, 6)]),
    ],
)
def test_odd_blocks_tell_none(data: bytes) -> None:
    assert from_exif(data) is None


@settings(max_examples=300)
@given(st.data())
def test_damaged_blocks_tell_what_pillow_reads_or_none(data: st.DataObject) -> None:
    order = data.draw(st.sampled_from("<>"))
    damaged = bytearray(block(order, [(0x0128, 3, 1, 2), (TAG, 3, 1, 6)]))
    for _ in range(data.draw(st.integers(0, 3))):
        damaged[data.draw(st.integers(6, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    found = from_exif(bytes(damaged))
    assert found is None or found == by_pillow(bytes(damaged))


@pytest.mark.parametrize("orientation", range(10))
def test_undoing_is_what_pillow_transposes(orientation: int) -> None:
    from PIL import ImageOps

    levels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    image = Image.fromarray(levels)
    image.getexif()[TAG] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(undo_orientation(levels, orientation), expected)
