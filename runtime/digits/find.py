"""Which files a path, a folder or a pattern stands for, in an order that people expect."""

import os
import re
from collections.abc import Iterable, Iterator
from glob import has_magic, iglob
from itertools import chain
from pathlib import Path

from digits.prediction import Failure

# What counts as an image in a folder; a file given by its own name is tried, whatever it is.
# fmt: off
SUFFIXES = frozenset((
    ".avif", ".bmp", ".dib", ".gif", ".icns", ".ico", ".j2k", ".jfif", ".jp2", ".jpe", ".jpeg",
    ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".qoi", ".sgi", ".tif", ".tiff",
    ".webp",
))
# fmt: on
STDIN = "-"


def find(
    paths: Iterable[str | os.PathLike[str]], *, recursive: bool = False
) -> Iterator[str | Failure]:
    """The files that paths stand for, folders and patterns in natural order (2.png before 10.png).

    In folders these are the files with a known image suffix; hidden files are left out. A path that
    leads to no file is a failure.
    """
    for path in (os.fsdecode(item) for item in paths):
        if path == STDIN or Path(path).is_file():
            yield path
        elif Path(path).is_dir():
            yield from _or(_nothing_in(path, recursive), _folder(path, recursive))
        elif Path(path).exists():
            yield path  # a device or a pipe
        elif has_magic(path):
            nothing = Failure(path, "no file matches this pattern")
            yield from _or(nothing, _pattern(path, recursive))
        else:
            yield Failure(path, "no such file or folder")


def _or(nothing: Failure, files: Iterator[str | Failure]) -> Iterator[str | Failure]:
    first = next(files, nothing)
    return chain([first], files)


def _nothing_in(folder: str, recursive: bool) -> Failure:
    hint = "" if recursive else " (--recursive looks into its subfolders)"
    return Failure(folder, f"no images in this folder{hint}")


def _folder(path: str, recursive: bool) -> Iterator[str | Failure]:
    try:
        with os.scandir(path) as listing:
            entries = sorted(listing, key=lambda entry: _natural(entry.name))
    except OSError as error:
        yield Failure(path, f"the folder can't be read: {error.strerror}")
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if recursive and entry.is_dir(follow_symlinks=False):  # a link may lead to its own parent
            yield from _folder(entry.path, recursive)
        elif Path(entry.name).suffix.lower() in SUFFIXES and not entry.is_dir():
            yield entry.path


def _pattern(pattern: str, recursive: bool) -> Iterator[str | Failure]:
    # pathlib's glob takes no absolute patterns and changes how paths are written.
    paths = iglob(pattern, recursive=True)  # noqa: PTH207
    for path in sorted(paths, key=_natural):
        if Path(path).is_dir():
            yield from _folder(path, recursive)
        else:
            yield path


def _natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that compares runs of digits as numbers; the name itself settles what is equal."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], name
