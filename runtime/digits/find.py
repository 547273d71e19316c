"""Which files a path, a folder or a pattern stands for, in an order that people expect."""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from glob import escape, has_magic, iglob
from itertools import chain
from pathlib import Path
from typing import TypeAlias

from digits.errors import UsageError
from digits.natural import in_natural_order, natural
from digits.prediction import Failure

# What counts as an image in a folder; a file given by its own name is tried, whatever it is. HEIC
# files can't be read, but are the photos of many phones: a folder of them isn't one without images.
# fmt: off
SUFFIXES = frozenset((
    ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".icns", ".ico", ".j2k", ".jfif", ".jp2",
    ".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".psd", ".qoi", ".sgi",
    ".tif", ".tiff", ".webp",
))
# fmt: on
STDIN = "-"
_FILE, _FOLDER, _UNSURE = "f", "d", "?"
# A "**" that is a whole part of a pattern, with the separators that follow it.
_DEEP = re.compile(
    r"(?:(?<=[/\\])|^)\*\*(?:[/\\]+|$)" if os.name == "nt" else r"(?:(?<=/)|^)\*\*(?:/+|$)"
)


@dataclass(frozen=True)
class Special:
    """Stdin, a pipe or a device that the caller named: only this process can read it, and once."""

    path: str


@dataclass(frozen=True)
class Fetched:
    """An image file whose bytes are there already, from object storage for example."""

    path: str
    data: bytes


Found: TypeAlias = str | Failure | Special | Fetched


def find(paths: Iterable[str | os.PathLike[str]], *, recursive: bool = False) -> Iterator[Found]:
    """The files that paths stand for, folders and patterns in natural order (2.png before 10.png).

    In folders these are the files with a known image suffix; hidden files are left out. A path that
    leads to no file is a failure.
    """
    for path in map(_text, paths):
        mode = None if path == STDIN else _mode(path)
        if mode is not None and stat.S_ISDIR(mode):
            yield from _or(_nothing_in(path, recursive), _folder(path, recursive))
        elif path == STDIN or (mode is not None and not stat.S_ISREG(mode)):
            yield Special(path)
        elif mode is not None or _is_there(path):
            yield path
        elif has_magic(path):
            nothing = Failure(path, "no file matches this pattern")
            yield from _or(nothing, _pattern(path, recursive))
        else:
            yield Failure(path, _nothing_at(path))


def _text(path: object) -> str:
    if isinstance(path, str | bytes | os.PathLike):
        return os.fsdecode(path)
    raise UsageError(f"{path!r:.80} is no path: give paths of images and folders, or patterns")


def _mode(path: str) -> int | None:
    """What kind of thing it is; None where it can't be found out."""
    try:
        # For each of a thousand names on a command line: pathlib takes three times as long.
        return os.stat(path).st_mode  # noqa: PTH116
    except (OSError, ValueError):
        return None


def _is_there(path: str) -> bool:
    """Whether a path without a mode may be one: reading it tells what is wrong with it."""
    try:
        Path(path).stat()
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return False
    except OSError:
        return not has_magic(path)
    return True


def _nothing_at(path: str) -> str:
    if "://" in path:
        return "an address, no file: download it first"
    return "no such file or folder"


def _or(nothing: Failure, files: Iterator[str | Failure]) -> Iterator[str | Failure]:
    first = next(files, nothing)
    return chain([first], files)


def _nothing_in(folder: str, recursive: bool) -> Failure:
    hint = "" if recursive else " (--recursive looks into its subfolders)"
    return Failure(folder, f"no images in this folder{hint}")


def _folder(path: str, recursive: bool) -> Iterator[str | Failure]:
    try:
        with os.scandir(path) as listing:
            names = in_natural_order(_interesting(listing, recursive), skip=1)
    except OSError as error:
        yield Failure(path, f"the folder can't be read: {error.strerror}")
        return
    # pathlib would change how the path was written.
    start = os.path.join(path, "")  # noqa: PTH118
    for marked in names:
        found = start + marked[1:]
        if marked[0] == _FILE:
            yield found
        elif marked[0] == _FOLDER:
            yield from _folder(found, recursive)
        else:
            yield from look_at(found)


def _interesting(listing: Iterable["os.DirEntry[str]"], recursive: bool) -> Iterator[str]:
    """Names of images and, if they are looked into, of folders, marked with what each is.

    The listing itself tells files and folders apart; asking for each of them costs more than all
    the rest.
    """
    for entry in listing:
        name = entry.name
        if name.startswith("."):
            continue
        if recursive and entry.is_dir(follow_symlinks=False):  # a link may lead to its own parent
            yield _FOLDER + name
        elif is_image(name):
            yield (_FILE if entry.is_file(follow_symlinks=False) else _UNSURE) + name


def is_image(name: str) -> bool:
    """Whether a file that isn't hidden has the name of an image."""
    return name[name.rfind(".") :].lower() in SUFFIXES


def look_at(path: str) -> Iterator[str | Failure]:
    """A file that was found, not named: opening a pipe would wait for ever, so that is a failure.

    A link that leads nowhere is a file here; reading it tells what is wrong with it.
    """
    mode = _mode(path)
    if mode is None or stat.S_ISREG(mode):
        yield path
    elif not stat.S_ISDIR(mode):
        yield Failure(path, "is no file, but a pipe, a socket or a device")


def _pattern(pattern: str, recursive: bool) -> Iterator[str | Failure]:
    done: set[str] = set()  # "**" matches a folder as well as what is in it
    for path in sorted(_matches(pattern), key=natural):
        mode = _mode(path)
        is_folder = mode is not None and stat.S_ISDIR(mode)
        for found in _folder(path, recursive) if is_folder else look_at(path):
            name = found.path if isinstance(found, Failure) else found
            if name not in done:
                done.add(name)
                yield found


def _matches(pattern: str) -> Iterator[str]:
    """What glob finds, but "**" doesn't follow links to folders, which may run in circles."""
    deep = _DEEP.search(pattern)
    if deep is None:
        # pathlib's glob takes no absolute patterns and changes how paths are written.
        yield from iglob(pattern)  # noqa: PTH207
        return
    head, tail = pattern[: deep.start()], pattern[deep.end() :] or "*"
    for top in iglob(head) if head else [""]:  # noqa: PTH207
        for folder, below, _ in os.walk(top or os.curdir):
            below[:] = [name for name in below if not name.startswith(".")]
            place = folder if top else folder[2:]  # without the "./"
            between = "" if not place or place.endswith("/") else os.sep
            yield from _matches(escape(place) + between + tail)
