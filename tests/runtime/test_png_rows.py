"""PNG rows unpacked without Pillow: every filter, and whatever is damaged."""

import itertools
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from digits import plain_png, png_rows
from digits.images import READING_AREA


def by_pillow(packed: bytes, width: int, height: int, channels: int) -> np.ndarray:
    mode = "L" if channels == 1 else "RGB"
    image = Image.frombytes(mode, (width, height), packed, "zip", mode)
    return np.frombuffer(image.tobytes(), np.uint8).reshape(height, -1)


@given(
    hnp.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.sampled_from([1, 3]))),
    st.data(),
)
def test_every_filter_is_undone_as_by_pillow(lines: np.ndarray, data: st.DataObject) -> None:
    height, width, channels = lines.shape
    kinds = data.draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    rows = b"".join(bytes([kind]) + line.tobytes() for kind, line in zip(kinds, lines, strict=True))
    packed = zlib.compress(rows)
    found = png_rows.unpack(packed, width, height, channels)
    np.testing.assert_array_equal(found, by_pillow(packed, width, height, channels))


def test_the_nearest_of_three() -> None:
    values = (0, 1, 100, 127, 128, 254, 255)
    for left, up, corner in itertools.product(values, repeat=3):
        estimate = left + up - corner
        # min takes the first of equals.
        nearest = min((left, up, corner), key=lambda value, to=estimate: abs(value - to))
        assert png_rows._nearest(left, up, corner) == nearest


@pytest.mark.parametrize(
    "packed",
    [
        b"",
        b"junk",
        zlib.compress(bytes(11)),
        zlib.compress(bytes(13)),
        zlib.compress(bytes(12))[:-1],
        zlib.compress(bytes(12))[:-4] + b"sum?",
        zlib.compress(b"\5" + bytes(11)),
        zlib.compress(bytes(100_000_000)),
    ],
)
def test_damaged_or_other_rows_are_left_to_pillow(packed: bytes) -> None:
    assert png_rows.unpack(packed, 3, 3, 1) is None
    assert png_rows.unpack(zlib.compress(bytes(12)), 3, 3, 1) is not None


def test_a_budget_is_spent() -> None:
    budget = png_rows.Budget()
    assert not budget.spend(40_001)
    assert budget.spend(39_000)
    assert not budget.spend(1001)
    assert budget.spend(1000)
    assert not budget.spend(1)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_pixels_are_those_of_pillow(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    levels = np.random.default_rng(1).integers(0, 9, (40, 30, 3), dtype=np.uint8).cumsum(axis=0)
    pixels = np.asarray(Image.fromarray(levels.astype(np.uint8)).convert(mode))
    rows = b"".join(b"\4" + row.tobytes() for row in pixels)
    kind = 0 if mode == "L" else 2
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 30, 40, 8, kind, 0, 0, 0)),
        (b"IDAT", zlib.compress(rows)),
        (b"IEND", b""),
    ]
    data = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )
    expected = plain_png.decode(data, READING_AREA)
    monkeypatch.delitem(sys.modules, "PIL.Image")
    monkeypatch.setattr(plain_png, "_budget", png_rows.Budget())
    found = plain_png.decode(data, READING_AREA)
    assert plain_png._budget.left == 40_000 - 1200 * (1 if mode == "L" else 3)
    assert found is not None
    assert expected is not None
    assert found.pixels.flags.c_contiguous
    np.testing.assert_array_equal(found.pixels, expected.pixels)


def test_one_small_image_needs_no_pillow_and_many_load_it(photo: Callable[..., Path]) -> None:
    code = (
        "import sys; from digits.images import load_image; "
        f"file = {str(photo('plain.png', size=(28, 28)))!r}; "
        "told = [load_image(file) and 'PIL.Image' in sys.modules for _ in range(60)]; "
        "print(told[0], told[-1])"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"
