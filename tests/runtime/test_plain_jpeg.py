"""JPEG files by simplejpeg: the pixels of Pillow, whatever was saved and however damaged."""

import io
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from digits import decoder, plain_jpeg
from digits.decoded import Decoded
from digits.errors import InputError
from digits.images import PIXEL_LIMIT, READING_AREA, load_image
from digits.pictures import read_file

pytest.importorskip("simplejpeg", reason="needs simplejpeg: run: pip install 'digits-edge[fast]'")

ROOT = Path(__file__).parents[2]
RNG = np.random.default_rng(9)


@pytest.fixture(autouse=True)
def _simplejpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_jpeg, "decoder", lambda: decoder.SIMPLEJPEG)


def scene(width: int, height: int, mode: str = "RGB") -> Image.Image:
    levels = RNG.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(levels).filter(ImageFilter.BoxBlur(1)).convert(mode)


def encode(image: Image.Image, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def block(marker: int, data: bytes) -> bytes:
    return struct.pack(">HH", marker, len(data) + 2) + data


def same(data: bytes, *, taken: bool | None = None, area: int = READING_AREA) -> None:
    """What is taken here has Pillow's pixels; `taken` says whether it has to be."""
    found = plain_jpeg.decode(data, area, PIXEL_LIMIT)
    assert taken is None or (found is not None) is taken
    if found is not None:
        expected: Decoded = read_file(io.BytesIO(data), area, PIXEL_LIMIT)
        assert found.pixels.flags.c_contiguous
        assert (found.size, found.factor) == (expected.size, expected.factor)
        np.testing.assert_array_equal(found.pixels, expected.pixels)


@settings(deadline=None)
@given(
    st.integers(1, 70),
    st.integers(1, 70),
    st.sampled_from(["L", "RGB"]),
    st.integers(1, 100),
    st.sampled_from([0, 1, 2]),
    st.booleans(),
    st.sampled_from([None, 4, 60, 300, 1000]),
)
def test_usual_files_are_taken(
    width: int,
    height: int,
    mode: str,
    quality: int,
    subsampling: int,
    progressive: bool,
    area: int | None,
) -> None:
    options = {"quality": quality, "subsampling": subsampling, "progressive": progressive}
    data = encode(scene(width, height, mode), **options)
    same(data, taken=True if area is None else None, area=area or READING_AREA)


@pytest.mark.parametrize("factor", [1, 2, 4, 8])
@pytest.mark.parametrize("size", [(640, 480), (333, 257), (1601, 1203)])
@pytest.mark.parametrize("subsampling", [0, 1, 2])
def test_reduced_scales_are_taken(factor: int, size: tuple[int, int], subsampling: int) -> None:
    data = encode(scene(*size), subsampling=subsampling)
    area = -(-size[0] * size[1] // factor**2)
    same(data, taken=True, area=area)
    found = plain_jpeg.decode(data, area, PIXEL_LIMIT)
    assert found is not None
    assert found.factor == factor


def test_more_than_an_eighth_is_left_to_pillow() -> None:
    same(encode(scene(640, 480)), taken=False, area=1000)


@pytest.mark.parametrize("orientation", range(10))
@pytest.mark.parametrize("area", [READING_AREA, 50])
def test_orientation(orientation: int, area: int) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112], exif[0x0131] = "maker", orientation, "software of a camera"
    same(encode(scene(24, 16), exif=exif), taken=True, area=area)


def test_odd_exif_is_left_to_pillow() -> None:
    data, short = encode(scene(24, 16)), b"Exif\0\0II*\0\x08\0\0\0\xff\0"
    for odd in (short, short[:9], b"Exif\0\0junk" + bytes(20)):
        same(data[:2] + block(0xFFE1, odd) + data[2:], taken=False)
    exif = Image.Exif()
    exif[0x0112] = 6
    twice = block(0xFFE1, exif.tobytes())
    same(data[:2] + twice + twice + data[2:], taken=False)


def test_xmp() -> None:
    data, name = encode(scene(24, 16)), b"http://ns.adobe.com/xap/1.0/\0"
    for text, taken in ((b"<x:xmpmeta/>", True), (b'tiff:Orientation="6"', False)):
        same(data[:2] + block(0xFFE1, name + text) + data[2:], taken=taken)


def test_asides() -> None:
    options = {"comment": "by hand", "icc_profile": bytes(200), "dpi": (96, 96)}
    same(encode(scene(24, 16), **options, restart_marker_blocks=1), taken=True)
    data = encode(scene(24, 16))
    same(data[:2] + block(0xFFED, b"Photoshop 3.0\0") + data[2:], taken=True)
    same(data + b"what follows the image", taken=None)


def test_other_kinds_are_left_to_pillow() -> None:
    same(encode(scene(24, 16, "CMYK")), taken=False)
    same(encode(scene(24, 16), keep_rgb=True))
    data = encode(scene(24, 16))
    frame = data.index(b"\xff\xc0")
    for marker in (0xC3, 0xC9, 0xDC):
        same(data[: frame + 1] + bytes([marker]) + data[frame + 2 :], taken=False)
    same(data[: frame + 4] + b"\x0c" + data[frame + 5 :], taken=False)  # 12 bits
    same(data[:frame] + b"\xff" + data[frame:])  # padding
    assert plain_jpeg.decode(data, READING_AREA, 24 * 16 - 1) is None


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_what_is_cut_is_left_to_pillow(options: dict[str, object]) -> None:
    data = encode(scene(64, 48), **options)
    for cut in (0, 2, 3, 10, 300, 700, len(data) // 2, -300, -20, -2):
        same(data[:cut], taken=False)


SAMPLES = [
    encode(scene(24, 16), **options)
    for options in (
        {},
        {"progressive": True},
        {"exif": b"Exif\0\0II*\0\x08\0\0\0\1\0\x12\1\3\0\1\0\0\0\6\0\0\0\0\0\0\0"},
        {"restart_marker_blocks": 1},
    )
]


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_damaged_files_are_as_with_pillow(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 3))):
        damaged[data.draw(st.integers(2, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    same(bytes(damaged))


def test_nothing_is_printed_about_damaged_files(capfd: pytest.CaptureFixture) -> None:
    data = bytearray(encode(scene(64, 48)))
    for at in range(650, len(data) - 2, 7):
        data[at] ^= 0x55
    same(bytes(data), taken=False)
    assert capfd.readouterr() == ("", "")


def test_pillow_alone_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain_jpeg, "decoder", lambda: decoder.PILLOW)
    same(encode(scene(24, 16)), taken=False)


def test_pillow_tells_what_is_wrong() -> None:
    with pytest.raises(InputError, match=r"^a damaged image: "):
        load_image(encode(scene(64, 48))[:900])


def test_sample_images() -> None:
    files = sorted((ROOT / "samples" / "images").glob("*.jpg"))
    assert files
    for file in files:
        data = file.read_bytes()
        same(data)
        same(data, area=10_000)
