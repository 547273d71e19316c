"""Decoding: whatever comes in, pixels or an InputError come out, and Pillow stays as it was."""

import contextlib
import io
import threading
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFile

from digits.errors import InputError
from digits.images import load_pixels


def encode(image: Image.Image, form: str) -> bytes:
    file = io.BytesIO()
    image.save(file, form)
    return file.getvalue()


SAMPLES = [
    encode(Image.effect_noise((24, 16), 60).convert("RGB"), form)
    for form in ("PNG", "JPEG", "GIF", "BMP", "TIFF", "WEBP", "PPM", "ICO", "JPEG2000", "SGI")
]


@given(hnp.arrays(np.uint8, hnp.array_shapes(min_dims=1, max_dims=4, max_side=6)))
def test_any_uint8_array_is_an_image_or_an_error(array: np.ndarray) -> None:
    try:
        pixels = load_pixels(array)
    except InputError:
        assert array.ndim not in (2, 3) or array.shape[2:] not in ((), (1,), (3,), (4,))
    else:
        assert pixels.shape == (*array.shape[:2], 3)


@given(hnp.arrays(np.float64, (2, 3), elements=st.floats()))
def test_any_float_array_is_an_image_or_an_error(array: np.ndarray) -> None:
    good = bool(((array >= 0) & (array <= 1)).all())
    try:
        pixels = load_pixels(array)
    except InputError:
        assert not good
    else:
        assert good
        np.testing.assert_array_equal(pixels[..., 1], np.rint(array.astype(np.float32) * 255))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SAMPLES), st.data())
def test_corrupted_bytes_are_an_image_or_an_input_error(sample: bytes, data: st.DataObject) -> None:
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 6))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(1, len(damaged)))
    with contextlib.suppress(InputError):
        assert load_pixels(bytes(damaged[:cut])).ndim == 3


@given(st.binary(max_size=200))
def test_any_bytes_are_an_image_or_an_input_error(data: bytes) -> None:
    with contextlib.suppress(InputError):
        assert load_pixels(data).ndim == 3


def test_pillow_is_left_as_it_was() -> None:
    before = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    for sample in SAMPLES:
        load_pixels(sample)
        with pytest.raises(InputError):
            load_pixels(sample[: len(sample) // 2])
    after = (ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS, list(warnings.filters))
    assert after == before


def test_pillow_warnings_are_kept_quiet_in_all_threads() -> None:
    # Pillow warns of 90 million pixels; the GIF is small, as all pixels are equal.
    data = encode(Image.new("1", (9_500, 9_500)), "BMP")
    caught: list[BaseException] = []

    def decode() -> None:
        try:
            load_pixels(data[:2000])
        except InputError:
            return
        except BaseException as error:  # a warning as an error is what this looks for
            caught.append(error)

    filters = list(warnings.filters)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        threads = [threading.Thread(target=decode) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not caught
    assert list(warnings.filters) == filters
