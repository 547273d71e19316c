"""cuDNN's version, from the library itself."""

import ctypes
from contextlib import suppress


def cudnn_version(library: str) -> str | None:
    """The version, "9.10.2" for example; None where the library isn't there or doesn't tell.

    Args:
        library: Its name, "libcudnn.so.9" for example.
    """
    with suppress(OSError, AttributeError):
        tell = ctypes.CDLL(library).cudnnGetVersion
        tell.restype = ctypes.c_size_t
        number = int(tell())
        # As in cudnn_version.h, since cuDNN 9.
        return f"{number // 10_000}.{number % 10_000 // 100}.{number % 100}"
    return None
