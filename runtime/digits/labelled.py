"""Labelled images on disk: a folder with a subfolder for each label, or with labels.csv.

Images that show none of the labels (blank pages, letters) have an empty label, or "none".
"""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import isfile, lexists
from pathlib import Path

from digits.errors import InputError
from digits.find import find, look_at
from digits.prediction import Failure

LABELS = "labels.csv"
NOTHING = ("", "none")


@dataclass(frozen=True)
class Labelled:
    """One image file and what it shows.

    Attributes:
        path: The file.
        label: What it shows; None where the model should abstain.
        kind: What kind of image it is, where labels.csv has a column of that name.
        writer: Who wrote it, where labels.csv has a column of that name.
        error: Why it can't be read, where that is known already.
    """

    path: str
    label: str | None
    kind: str | None = None
    writer: str | None = None
    error: str | None = None

    @property
    def source(self) -> str | Failure:
        """The file, or why it can't be read."""
        return self.path if self.error is None else Failure(self.path, self.error)


def labelled_images(folder: Path, labels: Sequence[str]) -> list[Labelled]:
    """The labelled images of a folder.

    Args:
        folder: It holds `labels.csv`, whose first two columns are file and label (the files are in
            the folder, or in `images` below it), or one subfolder for each label. The label of an
            image that shows none of them is empty or "none".
        labels: The labels that the model knows.

    Raises:
        InputError: The folder is missing or empty, or has a label that the model doesn't know.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder: give mnist, fashion-mnist, or a folder of labelled images"
        )
    listed = (folder / LABELS).is_file()
    images = list(_listed(folder, labels) if listed else _by_subfolder(folder, labels))
    if not images:
        raise InputError(
            f"{folder}: no labelled images: needs {LABELS} (file,label) or a subfolder per label"
        )
    unknown = sorted({image.label for image in images if image.label is not None} - set(labels))
    if unknown:
        raise InputError(
            f"{folder}: the model doesn't know the label {unknown[0]!r}: its labels are "
            f"{', '.join(labels)}"
        )
    return images


def _listed(folder: Path, labels: Sequence[str]) -> Iterator[Labelled]:
    file = folder / LABELS
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            head = [name.strip().lower() for name in next(rows, [])]
            if head[:2] != ["file", "label"]:
                raise InputError(f"{file}: the first line should start with: file,label")
            columns = {name: head.index(name) for name in ("kind", "writer") if name in head}
            for row in filter(None, rows):
                if len(row) < max([2, *(place + 1 for place in columns.values())]):
                    raise InputError(f"{file}, line {rows.line_num}: too few columns")
                more = {name: row[place].strip() or None for name, place in columns.items()}
                yield _image(_place(folder, row[0]), _label(row[1], labels), **more)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}: can't be read: {error}") from error


def _image(
    path: str, label: str | None, kind: str | None = None, writer: str | None = None
) -> Labelled:
    failed = next((f for f in look_at(path) if isinstance(f, Failure)), None)
    return Labelled(path, label, kind, writer, failed.error if failed else None)


def _label(text: str, labels: Sequence[str]) -> str | None:
    """A label as written, unless it says that there is none."""
    label = text.strip()
    return None if label.lower() in NOTHING and label not in labels else label


def _place(folder: Path, name: str) -> str:
    """A missing file keeps its first place, for the message that it is missing."""
    below = folder / "images" / name
    # Unlike Path.exists, these don't raise for names that are too long, for example.
    return str(below if isfile(below) and not lexists(folder / name) else folder / name)  # noqa: PTH113


def _by_subfolder(folder: Path, labels: Sequence[str]) -> Iterator[Labelled]:
    for name in dict.fromkeys((*labels, "none")):
        if name and (folder / name).is_dir():
            label = _label(name, labels)
            for found in find([folder / name], recursive=True):
                if isinstance(found, Failure):
                    yield Labelled(found.path, label, error=found.error)
                elif isinstance(found, str):
                    yield Labelled(found, label)
