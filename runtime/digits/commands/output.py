"""Where results go: to stdout as they come, or to a file, whole or not at all."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from digits.errors import OutputError


@contextmanager
def output(file: Path | None) -> Iterator[TextIO]:
    """Open stdout, or a file that appears when all is written and not before.

    Raises:
        OutputError: It can't be written, for example because the disk is full.
    """
    try:
        if file is None:
            yield sys.stdout
            sys.stdout.flush()
        elif file.exists() and not file.is_file():  # a device or a named pipe stays what it is
            with file.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
                yield stream
        else:
            with _whole(file) as stream:
                yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(f"{file or 'stdout'}: can't be written: {error.strerror}") from error


@contextmanager
def _whole(file: Path) -> Iterator[TextIO]:
    file = file.resolve()  # a link stays a link
    part = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        with part.open("w", encoding="utf-8", errors="surrogateescape", newline="") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        part.replace(file)
    except BaseException:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        raise
