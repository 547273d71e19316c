"""Plain PNG files: the pixels of Pillow's own reader, whatever was saved and however damaged."""

import contextlib
import io
import struct
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from digits import plain_png
from digits.decoded import Decoded
from digits.errors import InputError
from digits.images import PIXEL_LIMIT
from digits.pictures import read_file

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(8)
LEVELS = RNG.integers(0, 256, (9, 13), dtype=np.uint8)
HEAD = 33  # signature and header chunk


def encode(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    return file.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(levels: np.ndarray, before: bytes = b"", after: bytes = b"", pieces: int = 1) -> bytes:
    """A grey or RGB PNG of rows without filters."""
    height, width = levels.shape[:2]
    rows = b"".join(b"\0" + row.tobytes() for row in levels)
    kind = 0 if levels.ndim == 2 else 2
    packed = zlib.compress(rows)
    size = -(-len(packed) // pieces)
    parts = [chunk(b"IDAT", packed[i : i + size]) for i in range(0, len(packed), size)]
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, kind, 0, 0, 0))
    body = header + before + b"".join(parts) + after + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def by_pillow(data: bytes) -> Decoded:
    return read_file(io.BytesIO(data), PIXEL_LIMIT, PIXEL_LIMIT)


def same(data: bytes, *, taken: bool | None = None) -> None:
    """What is taken here has Pillow's pixels; `taken` says whether it has to be."""
    found = plain_png.decode(data, PIXEL_LIMIT)
    assert taken is None or (found is not None) is taken
    if found is not None:
        expected = by_pillow(data)
        assert found.pixels.flags.c_contiguous
        assert (found.size, found.factor) == (expected.size, expected.factor)
        np.testing.assert_array_equal(found.pixels, expected.pixels)


@given(
    hnp.arrays(np.uint8, st.tuples(*[st.integers(1, 40)] * 2, st.sampled_from([1, 3]))),
    st.integers(0, 9),
    st.booleans(),
)
def test_grey_and_rgb_are_taken(levels: np.ndarray, level: int, smooth: bool) -> None:
    if smooth:  # so that every kind of filter is used
        levels = np.cumsum(levels // 64, axis=0, dtype=np.uint8)
    image = Image.fromarray(levels.squeeze(2) if levels.shape[2] == 1 else levels)
    same(encode(image, compress_level=level), taken=True)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_other_modes_are_left_to_pillow(mode: str) -> None:
    same(encode(Image.new(mode, (9, 5))), taken=False)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_transparency_and_exif_are_left_to_pillow(mode: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    image = Image.fromarray(LEVELS).convert(mode)
    same(encode(image, exif=exif), taken=False)
    same(encode(image, transparency=9 if mode == "L" else (9, 9, 9)), taken=False)


@pytest.mark.parametrize("pieces", [1, 2, 5, 40])
@pytest.mark.parametrize("shape", [(9, 13), (9, 13, 3)])
def test_pixels_may_come_in_pieces(pieces: int, shape: tuple[int, ...]) -> None:
    same(png(RNG.integers(0, 256, shape, dtype=np.uint8), pieces=pieces), taken=True)


ASIDES = [
    (b"gAMA", struct.pack(">I", 45455)),
    (b"cHRM", bytes(32)),
    (b"sRGB", b"\0"),
    (b"pHYs", bytes(9)),
    (b"tIME", bytes(7)),
    (b"bKGD", bytes(2)),
    (b"tEXt", b"Software\0draw"),
    (b"tEXt", b"date:create\x002026-11-27"),
]


@pytest.mark.parametrize(("name", "data"), ASIDES)
def test_asides_change_nothing(name: bytes, data: bytes) -> None:
    aside = chunk(name, data)
    same(png(LEVELS, before=aside), taken=True)
    same(png(LEVELS, after=aside), taken=True)
    same(png(LEVELS, before=aside[:-1] + b"?"), taken=False)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        (b"tRNS", bytes(2)),
        (b"PLTE", bytes(3)),
        (b"iCCP", b"a\0\0" + zlib.compress(bytes(9))),
        (b"eXIf", b"II*\0\x08\0\0\0\0\0"),
        (b"tEXt", b"XML:com.adobe.xmp\0tiff:Orientation=6"),
        (b"tEXt", b"Raw profile type exif\0"),
        (b"acTL", bytes(8)),
        (b"gAMA", bytes(3)),
        (b"juNk", b""),
    ],
)
def test_all_that_may_matter_is_left_to_pillow(name: bytes, data: bytes) -> None:
    same(png(LEVELS, before=chunk(name, data)), taken=False)
    same(png(LEVELS, after=chunk(name, data)), taken=False)


def test_texts_that_pillow_saves() -> None:
    info = PngInfo()
    info.add_text("Software", "draw")
    same(encode(Image.fromarray(LEVELS), pnginfo=info, dpi=(96, 96)), taken=True)


def test_pixels_apart_from_each_other_are_left_to_pillow() -> None:
    data, aside = png(LEVELS, pieces=2), chunk(b"pHYs", bytes(9))
    second = data.rindex(b"IDAT") - 4
    same(data[:second] + aside + data[second:], taken=False)


def test_rows_that_are_missing_are_black_as_with_pillow() -> None:
    whole, rows = png(LEVELS), b"".join(b"\0" + row.tobytes() for row in LEVELS[:4])
    short = whole[:HEAD] + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    same(whole, taken=True)  # so that there are levels to leave behind
    same(short)


@pytest.mark.parametrize("cut", [0, 8, 30, HEAD, 50, -13, -12, -1])
def test_what_is_cut_is_left_to_pillow(cut: int) -> None:
    same(png(LEVELS)[:cut], taken=False)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from([png(LEVELS), png(LEVELS, pieces=3), encode(Image.fromarray(LEVELS))]),
    st.data(),
)
def test_damaged_files_are_as_with_pillow(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(8, len(damaged) - 13))] = data.draw(st.integers(0, 255))
    same(bytes(damaged))


@given(st.binary(max_size=80))
def test_any_compressed_bytes_are_as_with_pillow(packed: bytes) -> None:
    whole = png(LEVELS)
    for body in (packed, zlib.compress(packed)):
        same(whole[:HEAD] + chunk(b"IDAT", body) + chunk(b"IEND", b""))


def test_an_error_is_told_in_pillows_words() -> None:
    data = bytearray(png(LEVELS))
    at = data.index(b"IDAT") + 8
    data[at : at + 9] = bytes(9)
    with pytest.raises(InputError) as expected:
        by_pillow(bytes(data))
    from digits.images import load_pixels

    with pytest.raises(InputError) as caught:
        load_pixels(bytes(data))
    assert str(caught.value) == str(expected.value)


@pytest.mark.parametrize("size", [(1, 1), (2000, 1), (1, 2000), (1100, 1000)])
def test_sizes(size: tuple[int, int]) -> None:
    levels = RNG.integers(0, 256, size[::-1], dtype=np.uint8)
    same(png(levels), taken=True)
    assert plain_png.decode(png(levels), size[0] * size[1] - 1) is None


def test_headers_that_lie() -> None:
    for width, height in ((0, 9), (9, 0), (2**31, 2**31), (12, 9), (14, 9), (13, 10)):
        data = bytearray(png(LEVELS))
        data[16:24] = struct.pack(">II", width, height)
        data[29:HEAD] = struct.pack(">I", zlib.crc32(data[12:29]))
        with contextlib.suppress(InputError):
            same(bytes(data))


def test_each_result_has_its_own_pixels() -> None:
    first, second = RNG.integers(0, 256, (2, 9, 13), dtype=np.uint8)
    found = [plain_png.decode(png(levels), PIXEL_LIMIT) for levels in (first, second)]
    for image, levels in zip(found, (first, second), strict=True):
        assert image is not None
        np.testing.assert_array_equal(image.pixels[..., 2], levels)


def test_threads_keep_out_of_each_others_way() -> None:
    levels = [np.full((64, 64), level, np.uint8) for level in range(8)]
    wrong: list[int] = []

    def read(level: int) -> None:
        data = png(levels[level])
        for _ in range(200):
            found = plain_png.decode(data, PIXEL_LIMIT)
            if found is None or not (found.pixels == level).all():
                wrong.append(level)

    threads = [threading.Thread(target=read, args=(level,)) for level in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_pillow_that_does_not_write_through(monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain_png._writes_through()
    monkeypatch.setattr(plain_png, "_writes_through", lambda: False)
    same(png(LEVELS), taken=True)


def test_sample_images() -> None:
    files = sorted((ROOT / "samples" / "images").glob("*.png"))
    assert files
    taken = [plain_png.decode(file.read_bytes(), PIXEL_LIMIT) is not None for file in files]
    for file in files:
        same(file.read_bytes())
    assert any(taken)
