"""A folder of results that is complete or isn't there, and never loses a stranger's files."""

import os
import shutil
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from digits.errors import OutputError
from digits.extras import need


def check(target: Path) -> None:
    """Make sure that a report can be drawn and written there, without leaving anything.

    Raises:
        MissingExtraError: matplotlib isn't installed.
        OutputError: It is a file, or it can't be written.
    """
    need("plot", "matplotlib")
    if target.exists() and not target.is_dir():
        raise OutputError(f"{target}: is a file: name a folder for the report")
    draft = _draft(target)
    draft.rmdir()


def write(target: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a folder, new or not, when all of them have reached the disk.

    Raises:
        OutputError: They can't be written.
    """
    draft = _draft(target)
    try:
        for name, content in files.items():
            (draft / name).write_bytes(content)
        target.mkdir(exist_ok=True)
        _make_way(target, files)
        for name in files:
            (draft / name).replace(target / name)
    except OSError as error:
        raise OutputError(f"{target}: can't be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _make_way(target: Path, names: Iterable[str]) -> None:
    """Find what a file can't replace before the first one does."""
    for name in names:
        if (target / name).is_dir():
            raise OutputError(f"{target / name}: is a folder: remove it, a file belongs there")


def _draft(target: Path) -> Path:
    """An empty folder on the same disk."""
    parent = target.parent if not target.is_dir() else target
    draft = parent / f".report.{os.getpid()}.part"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            draft.mkdir()
    except OSError as error:
        raise OutputError(f"{target}: can't be written: {error.strerror}") from error
    return draft
