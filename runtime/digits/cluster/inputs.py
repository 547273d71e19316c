"""Which inputs paths and addresses stand for, in an order that people expect."""

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from digits.cluster.storage import is_address, locate, one_line
from digits.find import Found, find, is_image
from digits.natural import in_natural_order
from digits.prediction import Failure

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

Input = str | Failure
_FILE, _FOLDER = "f", "d"


def inputs(paths: Iterable[str], *, recursive: bool) -> Iterator[Input]:
    """Images by path or address, or why a path leads to none.

    Paths are found as `digits.find` does. An address is a file or a folder; in folders, these are
    the files with an image's suffix, in natural order, hidden ones left out.
    """
    for path in paths:
        if is_address(path):
            yield from _at_address(path, recursive)
        else:
            yield from map(_lasting, find([path], recursive=recursive))


def _lasting(found: Found) -> Input:
    """A pipe can be read once and from here, where no actor is."""
    if isinstance(found, str | Failure):
        return found
    return Failure(found.path, "is no file, but a pipe, a socket or a device")


def _at_address(address: str, recursive: bool) -> Iterator[Input]:
    from pyarrow.fs import FileType

    try:
        system, path = locate(address)
        kind = system.get_file_info(path.rstrip("/")).type
    except OSError as error:
        yield Failure(address, f"can't be reached: {one_line(error)}")
        return
    if kind == FileType.File:
        yield address
    elif kind == FileType.Directory:
        yield from _or_nothing(address, _folder(system, path.rstrip("/"), address, recursive))
    else:
        yield Failure(address, "no such file or folder")


def _or_nothing(address: str, found: Iterator[Input]) -> Iterator[Input]:
    first = next(found, None)
    yield first or Failure(address, "no images in this folder")
    yield from found


def _folder(system: "FileSystem", path: str, address: str, recursive: bool) -> Iterator[Input]:
    from pyarrow.fs import FileSelector, FileType

    try:
        listing = system.get_file_info(FileSelector(path))
    except OSError as error:
        yield Failure(address, f"the folder can't be read: {one_line(error)}")
        return
    marked = [
        (_FOLDER if info.type == FileType.Directory else _FILE) + info.base_name
        for info in listing
        if not info.base_name.startswith(".")
    ]
    start = f"{address.rstrip('/')}/"
    for mark, name in ((entry[0], entry[1:]) for entry in in_natural_order(marked, skip=1)):
        if mark == _FILE and is_image(name):
            yield start + name
        elif mark == _FOLDER and recursive:
            yield from _folder(system, f"{path}/{name}", start + name, recursive)
