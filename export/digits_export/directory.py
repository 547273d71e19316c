"""Replacing a directory whole: the old one or the new one is there, never a mixture."""

import ctypes
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from digits.errors import OutputError, UsageError

_AT_FDCWD = -100
_EXCHANGE = 2  # RENAME_EXCHANGE


def check_replaceable(directory: Path, marker: str) -> None:
    """Refuse to overwrite anything but what we wrote earlier.

    Args:
        directory: Where to write.
        marker: A file that only directories of ours have.

    Raises:
        UsageError: Something else is there.
    """
    if not directory.exists() or (directory / marker).is_file():
        return
    if not directory.is_dir():
        raise UsageError(f"{directory}: is a file: name a directory to write")
    if any(directory.iterdir()):
        raise UsageError(
            f"{directory}: has other files and no {marker}: name a new directory, or empty it"
        )


def replace(directory: Path, files: Mapping[str, bytes]) -> None:
    """Write a directory with these files and put it in place of the old one.

    Raises:
        OutputError: It can't be written, for example because the disk is full. The old one stays.
    """
    draft = directory.parent / f".{directory.name}.{os.getpid()}.draft"
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(directory)
        draft.mkdir()
        for name, data in files.items():
            _write(draft / name, data)
        _put(draft, directory)
    except OSError as error:
        raise OutputError(
            f"{directory}: can't be written: {error.strerror or error}: nothing was changed there"
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _write(file: Path, data: bytes) -> None:
    with file.open("wb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _put(draft: Path, directory: Path) -> None:
    """Give the draft its name; what had the name before takes the draft's."""
    if not directory.exists():
        draft.rename(directory)
    elif not _exchange(draft, directory):
        # Without an exchange in one step: for an instant neither is there, but both are on the
        # disk.
        old = draft.with_suffix(".old")
        directory.rename(old)
        try:
            draft.rename(directory)
        except OSError:
            old.rename(directory)
            raise
        shutil.rmtree(old, ignore_errors=True)


def _exchange(first: Path, second: Path) -> bool:
    """Swap two names in one step, where the system can; False where it can't."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    names = os.fsencode(first), os.fsencode(second)
    return bool(renameat2(_AT_FDCWD, names[0], _AT_FDCWD, names[1], _EXCHANGE) == 0)


def _remove_abandoned(directory: Path) -> None:
    """Remove drafts of exports that were killed."""
    for draft in directory.parent.glob(f".{directory.name}.*.draft"):
        process = draft.name.split(".")[-2]
        if process.isdigit() and not _alive(int(process)):
            shutil.rmtree(draft, ignore_errors=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
