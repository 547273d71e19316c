"""DIGITS_DECODER: which decoder reads JPEG files, and what wrong values lead to."""

import io
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from digits import decoder as decoders
from digits import extras, plain_jpeg
from digits.decoder import decoder
from digits.errors import MissingExtraError, UsageError
from digits.images import load_pixels

HAS = decoders._is_there()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What was found out before these tests, and in them, is forgotten."""
    decoder.cache_clear()
    yield
    decoder.cache_clear()


def test_by_itself_it_takes_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("auto", ""):
        monkeypatch.setenv("DIGITS_DECODER", value)
        decoder.cache_clear()
        assert decoder() == ("simplejpeg" if HAS else "pillow")


def test_without_the_extra_it_is_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGITS_DECODER", raising=False)
    monkeypatch.setitem(sys.modules, "simplejpeg", None)
    assert decoder() == "pillow"


def test_wrong_values_are_told_the_right_ones(
    monkeypatch: pytest.MonkeyPatch, run: Callable[..., tuple[int, str, str]]
) -> None:
    monkeypatch.setenv("DIGITS_DECODER", "opencv")
    message = "DIGITS_DECODER is 'opencv': set it to auto, pillow or simplejpeg"
    with pytest.raises(UsageError, match=f"^{message}$"):
        decoder()
    code, _, err = run("doctor")
    assert (code, message in err) == (2, True)


def test_asked_for_and_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_DECODER", "simplejpeg")
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"simplejpeg.*digits-edge\[fast\]"):
        decoder()


def test_pillow_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITS_DECODER", "pillow")
    assert decoder() == "pillow"
    file = io.BytesIO()
    Image.new("L", (9, 9), 50).save(file, "JPEG")
    assert plain_jpeg.decode(file.getvalue(), 100, 100) is None
    np.testing.assert_array_equal(load_pixels(file.getvalue()), np.full((9, 9, 3), 50))
