"""DIGITS_DECODER: which decoder reads JPEG files, and what wrong values lead to."""

import io
import sys
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from PIL import Image

from digits import decoder as decoders
from digits import extras, plain_jpeg, plain_png
from digits.decoder import decoder, wanted
from digits.errors import MissingExtraError, UsageError
from digits.images import load_pixels

HAS = decoders._is_there()


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    """What was found out before these tests, and in them, is forgotten."""
    for function in (wanted, decoder):
        function.cache_clear()
    yield
    for function in (wanted, decoder):
        function.cache_clear()


def test_by_itself_it_takes_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("auto", ""):
        monkeypatch.setenv("DIGITS_DECODER", value)
        wanted.cache_clear()
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


def test_pillow_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setenv("DIGITS_DECODER", "pillow")
    monkeypatch.setattr(plain_png, "decode", fail)
    monkeypatch.setattr(plain_jpeg, "decode", fail)
    for form in ("PNG", "JPEG"):
        file = io.BytesIO()
        Image.new("L", (9, 9), 50).save(file, form)
        np.testing.assert_array_equal(load_pixels(file.getvalue()), np.full((9, 9, 3), 50))
    assert decoder() == "pillow"
