import hashlib
import io
import random

import pytest

from digits import digests

_SIZES = [0, 1, 55, 56, 64, 1000, digests._LARGE - 1, digests._LARGE, 3 * digests._LARGE + 7]


@pytest.mark.parametrize("size", _SIZES)
def test_digests_are_those_of_hashlib_whoever_computes(size: int) -> None:
    data = random.Random(size).randbytes(size)
    expected = hashlib.sha256(data).hexdigest()
    assert digests.sha256(data) == expected
    assert digests.sha256_of_file(io.BytesIO(data), size) == expected
    # A file that isn't as long as was said.
    assert digests.sha256_of_file(io.BytesIO(data), 10) == expected


def test_what_is_small_needs_no_openssl_and_what_is_large_takes_it() -> None:
    assert digests._function(1000) is not hashlib.sha256
    assert digests._function(digests._LARGE) is hashlib.sha256


def test_openssl_where_python_has_no_function_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digests, "_lean", lambda: None)
    assert digests.sha256(b"7") == hashlib.sha256(b"7").hexdigest()
