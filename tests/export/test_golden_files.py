"""Golden images as files: fixed bytes that this device's decoders read as their pixels."""

from importlib import resources

import numpy as np
import pytest

from digits.goldens.files import LOSSY_LEVELS
from digits.images import load_pixels
from digits_export import inputs
from digits_export.golden_files import GoldenFile, golden_files

FILES = list(golden_files())
NAMES = [f"image_{file.image}_{file.form}" for file in FILES]
IMAGES = inputs.golden_images()


def opencv(data: np.ndarray, form: str) -> np.ndarray:
    """RGB on white, as another decoder sees it."""
    cv2 = pytest.importorskip("cv2", reason="needs OpenCV: pip install opencv-python-headless")
    if "alpha" not in form:
        return cv2.imdecode(data, cv2.IMREAD_COLOR)[..., ::-1]
    layer = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    alpha = layer[..., 3:] / 255
    return np.rint(layer[..., 2::-1] * alpha + 255 * (1 - alpha))


def test_names_are_unique_and_every_kind_is_there():
    assert len(set(NAMES)) == len(NAMES) == 21
    forms = {file.form for file in FILES}
    for form in ("png", "png_alpha", "png_grey", "png_16", "png_interlaced", "png_palette"):
        assert f"file_{form}" in forms
    assert {f"file_{form}" for form in ("bmp", "gif", "ppm", "tiff", "webp")} < forms
    assert {
        f"lossy_jpeg{kind}" for kind in ("", "_cmyk", "_grey", "_progressive", "_turned")
    } < forms
    assert "lossy_webp" in forms


def test_they_are_small_together():
    assert sum(file.data.size for file in FILES) < 40_000


def check(found: np.ndarray, file: GoldenFile) -> None:
    assert found.shape == IMAGES[file.image].shape
    difference = np.abs(found.astype(float) - IMAGES[file.image])
    assert difference.max() <= (LOSSY_LEVELS - 4 if file.lossy else 0), file.form
    assert np.sqrt(np.square(difference).mean()) < 3, file.form


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_we_see_the_pixels(file):
    check(load_pixels(file.data.tobytes()), file)


def test_opencv_sees_the_pixels():
    for file in FILES:
        check(opencv(file.data, file.form), file)


def test_files_are_what_their_names_say():
    heads = {
        "png": b"\x89PNG",
        "bmp": b"BM",
        "gif": b"GIF8",
        "ppm": b"P",
        "tiff": b"II*\0",
        "webp": b"RIFF",
        "jpeg": b"\xff\xd8\xff",
    }
    data = {file.form: file.data.tobytes() for file in FILES}
    for form, contents in data.items():
        assert contents.startswith(heads[form.split("_")[1]]), form
    # Colour type and interlacing in a PNG's header.
    assert {
        form: (data[f"file_png{form}"][24:26], data[f"file_png{form}"][28])
        for form in ("", "_16", "_alpha", "_grey", "_grey_16", "_interlaced", "_palette")
    } == {
        "": (b"\x08\x02", 0),
        "_16": (b"\x10\x02", 0),
        "_alpha": (b"\x08\x06", 0),
        "_grey": (b"\x08\x00", 0),
        "_grey_16": (b"\x10\x00", 0),
        "_interlaced": (b"\x08\x02", 1),
        "_palette": (b"\x08\x03", 0),
    }
    assert b"\xff\xc2" in data["lossy_jpeg_progressive"]
    assert b"\xff\xc0" in data["lossy_jpeg"]
    assert b"Exif" in data["lossy_jpeg_turned"]
    assert b"VP8L" in data["file_webp"]
    assert b"VP8 " in data["lossy_webp"]


def test_no_file_is_left_out():
    folder = resources.files("digits_export") / "golden_images" / "encoded"
    assert len(list(folder.iterdir())) == len(FILES)
