"""What a server is told, in words."""

import pytest

from digits.errors import UsageError
from digits.serve.settings import bytes_of, checked_origin, is_loopback


@pytest.mark.parametrize(
    ("text", "size"),
    [("10MB", 10_000_000), ("500kB", 500_000), ("1.5m", 1_500_000), ("2GB", 2 * 10**9), ("7", 7)],
)
def test_sizes(text: str, size: int) -> None:
    assert bytes_of(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-1", "0", "1TB", "2GiB", "1 0"])
def test_what_is_no_size(text: str) -> None:
    with pytest.raises(UsageError, match="is no size"):
        bytes_of(text)


def test_origins() -> None:
    assert checked_origin("https://Example.org:8443/") == "https://example.org:8443"
    for text in ("example.org", "*", "file:///x", "https://a/b", "https://a b", "https://"):
        with pytest.raises(UsageError, match="is no origin"):
            checked_origin(text)


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("localhost", True),
        ("127.3.2.1", True),
        ("::1", True),
        ("[::1]", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("localhost.example.org", False),
    ],
)
def test_loopback(host: str, here: bool) -> None:
    assert is_loopback(host) is here
