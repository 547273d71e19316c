"""Reading image files whole: a path or an open file → its bytes, as they are."""

import os
import stat
from io import BufferedReader
from pathlib import Path
from typing import IO, Any, TypeAlias

from digits.errors import InputError

Encoded: TypeAlias = bytes | IO[bytes]

# What is read from a file that can't be sought in; the largest image has 300 MB without packing.
BYTE_LIMIT = 400_000_000
# Pillow reads what it needs of larger files, which may hold many frames.
WHOLE_LIMIT = 64_000_000
_CHUNK = 1 << 20
_AT_ONCE = getattr(os, "O_NONBLOCK", 0)
_FLAGS = os.O_RDONLY | getattr(os, "O_BINARY", 0)


def read_encoded(path: str, *, listed: bool = False) -> Encoded:
    """Read an image file, in four system calls if it stays as it is meanwhile.

    Args:
        path: Of a file, a pipe or a device.
        listed: It was found, not named: if it is no file any more, it isn't waited for.

    Returns:
        Its bytes; the open file if it has more than `WHOLE_LIMIT` bytes, or is a device.

    Raises:
        InputError: It can't be read or is empty; the message doesn't repeat the path.
    """
    try:
        return _encoded(os.open(path, _FLAGS | (_AT_ONCE if listed else 0)), listed=listed)
    except OSError as error:
        raise InputError(_reason(path, error)) from error
    except ValueError as error:
        raise InputError(f"not a path: {error}") from error


def _encoded(descriptor: int, *, listed: bool) -> Encoded:
    """What `read_encoded` returns, of a descriptor that is closed here."""
    try:
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode) and status.st_size <= WHOLE_LIMIT:
            return _whole(descriptor, status.st_size)
        if listed and not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
            raise InputError("is no file, but a pipe, a socket or a device")
        file = _opened(descriptor)
    finally:
        os.close(descriptor)
    return file if _has_more(file) else checked(_drained(file))


def _has_more(file: BufferedReader) -> bool:
    """Whether it isn't empty, and can be given to Pillow as it is."""
    try:
        return file.seekable() and bool(file.peek(1))
    except OSError:
        file.close()
        raise


def _drained(file: BufferedReader) -> bytes:
    with file:
        return read_rest(file)


def _whole(descriptor: int, size: int) -> bytes:
    data = os.read(descriptor, size + 1)
    if len(data) != size:  # it changes meanwhile, or its file system tells no size
        data += _drained(_opened(descriptor))
    return checked(data)


def _opened(descriptor: int) -> BufferedReader:
    own = os.dup(descriptor)
    try:
        return os.fdopen(own, "rb")
    except OSError:  # a folder
        os.close(own)
        raise


def _reason(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, IsADirectoryError):
        return "is a folder, not an image"
    if isinstance(error, PermissionError):  # which folders lead to on Windows
        return "is a folder, not an image" if Path(path).is_dir() else "no permission to read it"
    return f"can't be read: {error.strerror or error}"


def checked(data: bytes) -> bytes:
    """The same.

    Raises:
        InputError: There are none.
    """
    if not data:
        raise InputError("the file is empty")
    return data


def read_rest(file: Any) -> bytes:
    """All that is left in a file that an app opened, or in a pipe; they may never end.

    Raises:
        InputError: It fails, gives text, or has more than `BYTE_LIMIT` bytes.
    """
    data = bytearray()
    try:
        while chunk := file.read(_CHUNK):
            if not isinstance(chunk, bytes):
                raise InputError("the file object gives text: open the file in binary mode")
            data += chunk
            if len(data) > BYTE_LIMIT:
                raise InputError(f"too large: more than {BYTE_LIMIT // 1_000_000} MB")
    except (OSError, ValueError, TypeError) as error:
        raise InputError(f"the file object can't be read: {error}") from error
    return bytes(data)
