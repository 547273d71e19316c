"""SHA-256 of what a bundle holds.

`hashlib` loads OpenSSL, 3.5 MB and 3 ms, a twentieth of what one image takes. Python has the same
function without it, which its own `random` takes for the same reason; slower, so what is large goes
through OpenSSL.
"""

from collections.abc import Callable
from functools import cache
from typing import Any, BinaryIO

# Bytes from which OpenSSL has caught up.
_LARGE = 1_000_000
_BLOCK = 1 << 18


def sha256(data: bytes) -> str:
    """The digest of some bytes, in hexadecimal digits."""
    digest: str = _function(len(data))(data).hexdigest()
    return digest


def sha256_of_file(file: BinaryIO, size: int) -> str:
    """The digest of what a file holds from here on, in hexadecimal digits.

    Args:
        file: Opened for reading.
        size: How many bytes it should hold: that decides who computes.
    """
    state = _function(size)()
    while block := file.read(_BLOCK):
        state.update(block)
    digest: str = state.hexdigest()
    return digest


def _function(size: int) -> Callable[..., Any]:
    if size < _LARGE and (lean := _lean()) is not None:
        return lean
    import hashlib

    return hashlib.sha256


@cache  # a module that isn't there is looked for in every folder
def _lean() -> Callable[..., Any] | None:
    """Python's own; None where it was built without (or, one day, calls it something else)."""
    for module in ("_sha2", "_sha256"):  # since 3.12, before
        try:
            found: Callable[..., Any] = __import__(module).sha256
        except (ImportError, AttributeError):
            continue
        return found
    return None
