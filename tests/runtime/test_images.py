"""Decoding: every kind of source, every mode, every way a file can be wrong."""

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits import encoded
from digits.errors import InputError
from digits.images import (
    PIXEL_LIMIT,
    READING_AREA,
    Decoded,
    load_image,
    load_pixels,
    reduction,
)
from digits.pictures import read_file

RNG = np.random.default_rng(3)
# An F: no turn or flip leaves it as it is.
LETTER = np.full((7, 5), 255, np.uint8)
LETTER[1:6, 1], LETTER[1, 1:4], LETTER[3, 1:3] = 0, 0, 0


def encode(image: Image.Image, form: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def grey(pixels: np.ndarray) -> np.ndarray:
    assert (pixels == pixels[..., :1]).all()
    return pixels[..., 0]


def png_header(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds nothing."""
    data = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + data + struct.pack(">I", zlib.crc32(b"IHDR" + data))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 99) + b"IDAT"


def test_every_source_gives_the_same_pixels(tmp_path: Path) -> None:
    expected = RNG.integers(0, 256, (4, 6, 3), dtype=np.uint8)
    image = Image.fromarray(expected)
    file = tmp_path / "image.png"
    image.save(file)
    data = file.read_bytes()
    with file.open("rb") as stream:
        sources = [
            str(file),
            file,
            data,
            bytearray(data),
            io.BytesIO(data),
            stream,
            image,
            expected,
        ]
        for source in sources:
            pixels = load_pixels(source)
            assert pixels.dtype == np.uint8
            assert pixels.flags.c_contiguous
            np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_orientation_is_undone_for_paths_bytes_and_pillow(
    orientation: int, form: str, tmp_path: Path
) -> None:
    # How the camera stores the upright letter for each orientation (TIFF 6.0, tag 274).
    stored = {
        1: LETTER,
        2: LETTER[:, ::-1],
        3: LETTER[::-1, ::-1],
        4: LETTER[::-1],
        5: LETTER.T,
        6: np.rot90(LETTER, 1),  # shown after a quarter turn clockwise
        7: LETTER[::-1, ::-1].T,
        8: np.rot90(LETTER, -1),
    }[orientation]
    large = np.kron(stored, np.ones((16, 16), np.uint8))  # so that JPEG leaves the letter alone
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if form == "WEBP" else {}
    data = encode(Image.fromarray(large), form, exif=exif, **options)
    path = tmp_path / "image"
    path.write_bytes(data)
    for source in (data, path, Image.open(io.BytesIO(data))):
        small = load_pixels(source)[8::16, 8::16]
        np.testing.assert_array_equal(grey(small) > 127, LETTER > 127)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (Image.new("1", (2, 1), 1), 255),
        (Image.new("L", (2, 1), 7), 7),
        (Image.new("LA", (2, 1), (0, 0)), 255),
        (Image.new("LA", (2, 1), (0, 255)), 0),
        (Image.new("RGBA", (2, 1), (0, 0, 0, 128)), 127),
        (Image.new("PA", (2, 1), (0, 0)), 255),
        (Image.new("CMYK", (2, 1), (0, 0, 0, 255)), 0),
        (Image.new("CMYK", (2, 1), (0, 0, 0, 0)), 255),
        (Image.new("I;16", (2, 1), 65535), 255),
        (Image.new("I;16", (2, 1), 257 * 9), 9),
        (Image.new("I", (2, 1), 257 * 9), 9),
        (Image.new("I", (2, 1), 0), 0),
        (Image.new("F", (2, 1), 0.2), 51),
        (Image.new("F", (2, 1), 51), 51),
        (Image.new("YCbCr", (2, 1), (200, 128, 128)), 200),
        (Image.new("HSV", (2, 1), (0, 0, 99)), 99),
    ],
    ids=lambda value: value.mode if isinstance(value, Image.Image) else str(value),
)
def test_modes(image: Image.Image, expected: int) -> None:
    np.testing.assert_array_equal(load_pixels(image), np.full((1, 2, 3), expected, np.uint8))


def test_palette_with_transparent_entry_is_white_there() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 10, 10, 20, 20, 20])
    image.putdata([0, 1])
    for form in ("PNG", "GIF"):
        pixels = load_pixels(encode(image, form, transparency=1))
        np.testing.assert_array_equal(grey(pixels), [[10, 255]])


def test_transparent_colour_of_grey_and_rgb_png() -> None:
    grey_png = encode(Image.fromarray(np.array([[5, 9]], np.uint8)), transparency=9)
    np.testing.assert_array_equal(grey(load_pixels(grey_png)), [[5, 255]])


def test_16_bit_files() -> None:
    values = np.array([[0, 257 * 100, 65535]], np.uint16)
    for form in ("PNG", "TIFF"):
        data = encode(Image.fromarray(values), form)
        np.testing.assert_array_equal(grey(load_pixels(data)), [[0, 100, 255]])


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("L", (3, 3), level) for level in (40, 200)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert load_pixels(data).tolist() == np.full((3, 3, 3), 40).tolist()


def test_file_objects_are_read_from_where_they_stand() -> None:
    stream = io.BytesIO(b"header" + encode(Image.new("L", (1, 1), 3)))
    stream.seek(6)
    assert load_pixels(stream).tolist() == [[[3, 3, 3]]]


@pytest.mark.parametrize("size", [(1, 1), (50_000, 3), (3, 50_000)])
def test_extreme_sizes(size: tuple[int, int]) -> None:
    assert load_pixels(encode(Image.new("L", size))).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "empty"),
        (b"hello", "not an image"),
        (b"<svg xmlns='x'/>", "SVG"),
        (b"%PDF-1.7\n", "PDF; save its page as PNG"),
        (b"\0\0\0\x18ftypheic" + bytes(20), "HEIC"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (encode(Image.effect_noise((64, 64), 50))[:900], "damaged"),
        (encode(Image.effect_noise((64, 64), 50), "JPEG")[:900], "damaged"),
        (encode(Image.effect_noise((64, 64), 50), "GIF")[:900], "damaged"),
        (png_header(50_000, 50_000), "too large: 50000 x 50000 pixels, the limit is 100 million"),
        (png_header(2_000_000_000, 2_000_000_000), "too large"),
        (png_header(10, 10), "damaged"),
        (png_header(0, 10), "damaged|without pixels"),
    ],
)
def test_bad_files_get_one_line(data: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.png"
    path.write_bytes(data)
    for source in (data, io.BytesIO(data)):
        with pytest.raises(InputError, match=message) as caught:
            load_pixels(source)
        assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match=message) as caught:
        load_pixels(path)
    assert str(caught.value).startswith(f"{path}: ")


def test_bad_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="no such file"):
        load_pixels(tmp_path / "absent.png")
    with pytest.raises(InputError, match="is a folder"):
        load_pixels(tmp_path)
    with pytest.raises(InputError, match="not a path"):
        load_pixels("a\0b")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    secret = tmp_path / "secret.png"
    secret.write_bytes(b"x")
    monkeypatch.setattr(os, "open", refuse)  # root may read anything, so pretend
    with pytest.raises(InputError, match="no permission"):
        load_pixels(secret)


def test_other_objects_are_refused_by_name() -> None:
    for source, message in [
        ([1, 2], "a list is not an image"),
        (None, "a NoneType is not an image"),
        (io.StringIO("x"), "binary mode"),
    ]:
        with pytest.raises(InputError, match=message):
            load_pixels(source)


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (np.array([[7]], np.uint8), [7, 7, 7]),
        (np.array([[[7]]], np.uint8), [7, 7, 7]),
        (np.array([[[1, 2, 3]]], np.uint8), [1, 2, 3]),
        (np.array([[[1, 2, 3, 255]]], np.uint8), [1, 2, 3]),
        (np.array([[[1, 2, 3, 0]]], np.uint8), [255, 255, 255]),
        (np.array([[0.2]], np.float32), [51, 51, 51]),
        (np.array([[1.0]], np.float64), [255, 255, 255]),
        (np.array([[0.5]], np.float16), [128, 128, 128]),
    ],
)
def test_arrays(array: np.ndarray, expected: list[int]) -> None:
    assert load_pixels(array).tolist() == [[expected]]


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((2, 2), np.int64),
        np.zeros((2, 2), np.uint16),
        np.zeros((2, 2), bool),
        np.zeros((2, 2), complex),
        np.full((2, 2), np.nan),
        np.full((2, 2), np.inf),
        np.full((2, 2), 1.01),
        np.full((2, 2), -0.01),
        np.zeros(4, np.uint8),
        np.zeros((2, 2, 2), np.uint8),
        np.zeros((3, 2, 2), np.uint8),
        np.zeros((1, 2, 2, 3), np.uint8),
        np.zeros((0, 2), np.uint8),
        np.array([["a"]]),
        np.array([[None]]),
    ],
)
def test_other_arrays_are_refused(array: np.ndarray) -> None:
    with pytest.raises(InputError, match="accepted are uint8, or float between 0 and 1"):
        load_pixels(array)


def test_huge_arrays_are_refused() -> None:
    array = np.broadcast_to(np.zeros((), np.uint8), (PIXEL_LIMIT + 1, 1))
    with pytest.raises(InputError, match="too large"):
        load_pixels(array)


def test_file_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Endless(io.RawIOBase):
        given = 0

        def read(self, size: int = -1) -> bytes:
            assert size > 0
            self.given += size
            return bytes(size)

    monkeypatch.setattr(encoded, "BYTE_LIMIT", 5_000_000)
    file = Endless()
    with pytest.raises(InputError, match="too large: more than 5 MB"):
        load_pixels(file)
    assert file.given < 7_000_000


def test_file_that_comes_in_pieces() -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size, 7))

    assert (load_pixels(Slow(encode(Image.fromarray(LETTER)))) == LETTER[..., None]).all()


def test_messages_are_for_people_not_for_programmers() -> None:
    from PIL import PngImagePlugin

    info = PngImagePlugin.PngInfo()
    info.add_text("a", "x" * 2_000_000, zip=True)
    data = encode(Image.fromarray(LETTER), pnginfo=info)
    with pytest.raises(InputError, match=r"^a damaged image: its data can't be decoded$"):
        load_pixels(data)


def test_limit_of_an_app(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    with pytest.raises(
        InputError, match=r"^too large: more pixels than this app lets Pillow open$"
    ):
        load_pixels(encode(Image.fromarray(LETTER), "GIF"))


@pytest.mark.parametrize(
    ("width", "height", "factor"),
    [
        (1, 1, 1),
        (1000, 700, 1),
        (1000, 701, 2),
        (4000, 3000, 8),
        (4032, 3024, 8),
        (14_000, 50, 1),
        (10_000, 10_000, 16),
    ],
)
def test_reduction_is_the_least_that_fits(width: int, height: int, factor: int) -> None:
    assert reduction(width, height, READING_AREA) == factor


def scene(width: int, height: int) -> Image.Image:
    """Grey paper with a black rectangle from 1/4 to 1/2 across and 1/8 to 1/2 down."""
    image = Image.new("RGB", (width, height), (200, 200, 200))
    image.paste((0, 0, 0), (width // 4, height // 8, width // 2, height // 2))
    return image


def grey_of(pixels: np.ndarray) -> np.ndarray:
    return pixels.mean(axis=2)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "array", "Pillow"])
def test_large_images_are_read_smaller(form: str) -> None:
    image = scene(4000, 3000)
    sources = {"array": np.asarray(image), "Pillow": image}
    decoded = load_image(sources[form] if form in sources else encode(image, form))
    assert decoded.pixels.shape == (375, 500, 3)
    assert (decoded.size, decoded.factor) == ((4000, 3000), 8)
    dark = grey_of(decoded.pixels) < 100
    rows, columns = np.flatnonzero(dark.any(1)), np.flatnonzero(dark.any(0))
    box = (columns[0], rows[0], columns[-1] + 1, rows[-1] + 1)
    assert decoded.in_whole(box) == pytest.approx((1000, 375, 2000, 1500), abs=8)
    assert image.size == (4000, 3000)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_large_images_are_turned_as_small_ones(form: str, orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encode(scene(1202, 901), form, exif=exif)
    decoded, whole = load_image(data), load_pixels(data)
    assert decoded.factor == 2
    assert decoded.size == whole.shape[1::-1]
    assert decoded.pixels.shape == (-(-whole.shape[0] // 2), -(-whole.shape[1] // 2), 3)
    dark, of_whole = grey_of(decoded.pixels) < 100, grey_of(whole) < 100
    np.testing.assert_allclose(
        [axis.mean() * 2 for axis in np.nonzero(dark)],
        [axis.mean() for axis in np.nonzero(of_whole)],
        atol=1.5,
    )


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_an_app_may_allow_fewer_pixels(kind: str) -> None:
    picture = Image.effect_noise((40, 25), 50)
    for source in (encode(picture, kind), picture, np.asarray(picture)):
        assert load_image(source, pixel_limit=1000).size == (40, 25)
        with pytest.raises(InputError, match=r"^too large: 40 x 25 pixels, the limit is 999$"):
            load_image(source, pixel_limit=999)


def test_jpeg_beyond_what_its_decoder_scales_is_averaged_further() -> None:
    data = encode(Image.new("L", (16_000, 6_000), 90), "JPEG", quality=10)
    decoded = load_image(data)
    assert (decoded.factor, decoded.size) == (16, (16_000, 6_000))
    assert decoded.pixels.shape == (375, 1000, 3)
    smaller = read_file(io.BytesIO(data), 200_000, PIXEL_LIMIT)
    assert (smaller.factor, smaller.size) == (32, (16_000, 6_000))
    assert smaller.pixels.shape == (188, 500, 3)
    assert abs(int(smaller.pixels.mean()) - 90) <= 2


def test_small_images_are_read_as_they_are() -> None:
    pixels = RNG.integers(0, 256, (60, 90, 3), dtype=np.uint8)
    decoded = load_image(pixels)
    assert (decoded.size, decoded.factor) == ((90, 60), 1)
    np.testing.assert_array_equal(decoded.pixels, load_pixels(pixels))


def test_a_box_stays_in_the_image() -> None:
    decoded = Decoded(np.zeros((3, 4, 3), np.uint8), (15, 9), 4)
    assert decoded.in_whole((0.5, 1, 4, 3)) == (2, 4, 15, 9)
