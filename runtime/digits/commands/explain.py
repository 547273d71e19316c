"""`digits infer --explain DIR`: a picture for each answer, and a page that shows them all."""

import os
from collections.abc import Iterator
from contextlib import suppress
from html import escape
from io import BytesIO
from pathlib import Path
from typing import IO
from urllib.parse import quote

from digits.commands.formats import Result
from digits.commands.options import note
from digits.commands.output import output
from digits.commands.tables import printable
from digits.encoded import BYTE_LIMIT
from digits.errors import InputError, OutputError
from digits.find import STDIN
from digits.images import Source
from digits.prediction import Failure, Prediction

PAGE = "index.html"
# Bytes of a file's name that are kept in its picture's; file systems allow 255.
_LONGEST_STEM = 200
_HEAD = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>What the model saw</title>
<style>
  body { margin: 1rem; font: 1rem system-ui, sans-serif; color-scheme: light dark }
  img { display: block; max-width: 100%; height: auto; margin: 0 0 1rem; border-radius: 6px }
</style>
"""


def open_folder(folder: Path) -> None:
    """Make the folder for the pictures, before anything is read.

    Raises:
        OutputError: It can't be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise OutputError(f"{folder}: is no folder: name one for the pictures") from error
    except OSError as error:
        raise OutputError(f"{folder}: can't be made: {error.strerror}") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise OutputError(f"{folder}: no permission to write there: name another folder")


def kept_stdin(stdin: IO[bytes]) -> IO[bytes]:
    """All of stdin, which is read once for the answer and once for its picture."""
    return BytesIO(stdin.read(BYTE_LIMIT + 1))


def explained(results: Iterator[Result], folder: Path, stdin: IO[bytes]) -> Iterator[Result]:
    """Pass results on, and write a picture of each answer and the page into the folder.

    Args:
        results: What was read, in order.
        folder: An existing folder.
        stdin: What the path "-" stands for; can be sought in.

    Raises:
        OutputError: A picture can't be written.
    """
    with output(folder / PAGE) as page:
        page.write(_HEAD)
        for position, result in enumerate(results, 1):
            page.write(_entry(result, position, folder, stdin))
            yield result


def picture_name(path: str, position: int) -> str:
    """The name of an image's picture: its position first, so that none is another's."""
    stem = "stdin" if path == STDIN else Path(path).stem
    return f"{position:04}-{os.fsdecode(os.fsencode(stem)[:_LONGEST_STEM])}.png"


def _entry(result: Result, position: int, folder: Path, stdin: IO[bytes]) -> str:
    path = result.path or ""
    if isinstance(result, Failure):
        return _paragraph(f"{path}: {result.error}")
    name = picture_name(path, position)
    try:
        _write(result, folder / name, _source(path, stdin))
    except InputError as error:
        note(f"no picture of this one: {error}")
        return _paragraph(f"{path}: no picture")
    said = result.label if result.reason is None else result.reason.meaning
    return f'<img loading="lazy" src="{_link(name)}" alt="{_text(f"{path}: {said}")}">\n'


def _source(path: str, stdin: IO[bytes]) -> Source:
    if path == STDIN:
        stdin.seek(0)
        return stdin
    if not Path(path).is_file():  # a pipe would be waited for
        raise InputError(f"{path}: can't be read a second time")
    return path


def _write(prediction: Prediction, file: Path, source: Source) -> None:
    from digits.explanation import explain

    picture = explain(prediction, source)
    try:
        picture.save(file)
    except OSError as error:
        with suppress(OSError):
            file.unlink(missing_ok=True)
        raise OutputError(f"{file}: can't be written: {error.strerror or error}") from error


def _paragraph(text: str) -> str:
    return f"<p>{_text(text)}</p>\n"


def _text(text: str) -> str:
    return escape(printable(text.encode("utf-8", "replace").decode()))


def _link(name: str) -> str:
    return quote(os.fsencode(name))
