"""Labelled images on disk: a folder with a subfolder for each label, or with labels.csv."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from os.path import isfile, lexists
from pathlib import Path

from digits.errors import InputError
from digits.find import find, look_at
from digits.prediction import Failure

LABELS = "labels.csv"


@dataclass(frozen=True)
class Labelled:
    """One image file and what it shows.

    Attributes:
        path: The file.
        label: What it shows.
        kind: What kind of image it is, where labels.csv has a column of that name.
        error: Why it can't be read, where that is known already.
    """

    path: str
    label: str
    kind: str | None = None
    error: str | None = None

    @property
    def source(self) -> str | Failure:
        """The file, or why it can't be read."""
        return self.path if self.error is None else Failure(self.path, self.error)


def labelled_images(folder: Path, labels: Sequence[str]) -> list[Labelled]:
    """The labelled images of a folder.

    Args:
        folder: It holds `labels.csv`, whose first two columns are file and label (the files are in
            the folder, or in `images` below it), or one subfolder for each label.
        labels: The labels that the model knows.

    Raises:
        InputError: The folder is missing or empty, or has a label that the model doesn't know.
    """
    if not folder.is_dir():
        raise InputError(
            f"{folder}: no such folder: give mnist, fashion-mnist, or a folder of labelled images"
        )
    listed = (folder / LABELS).is_file()
    images = list(_listed(folder) if listed else _by_subfolder(folder, labels))
    if not images:
        raise InputError(
            f"{folder}: no labelled images: needs {LABELS} (file,label) or a subfolder per label"
        )
    unknown = sorted({image.label for image in images} - set(labels))
    if unknown:
        raise InputError(
            f"{folder}: the model doesn't know the label {unknown[0]!r}: its labels are "
            f"{', '.join(labels)}"
        )
    return images


def _listed(folder: Path) -> Iterator[Labelled]:
    file = folder / LABELS
    try:
        with file.open(newline="", encoding="utf-8-sig") as stream:
            rows = csv.reader(stream)
            head = next(rows, [])
            if [name.strip().lower() for name in head[:2]] != ["file", "label"]:
                raise InputError(f"{file}: the first line should start with: file,label")
            kind = head.index("kind") if "kind" in head else None
            for row in filter(None, rows):
                if len(row) < max(2, (kind or 0) + 1):
                    raise InputError(f"{file}, line {rows.line_num}: too few columns")
                path = _place(folder, row[0])
                failed = next((f for f in look_at(path) if isinstance(f, Failure)), None)
                error = failed.error if failed else None
                yield Labelled(path, row[1].strip(), None if kind is None else row[kind], error)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{file}: can't be read: {error}") from error


def _place(folder: Path, name: str) -> str:
    """A missing file keeps its first place, for the message that it is missing."""
    below = folder / "images" / name
    # Unlike Path.exists, these don't raise for names that are too long, for example.
    return str(below if isfile(below) and not lexists(folder / name) else folder / name)  # noqa: PTH113


def _by_subfolder(folder: Path, labels: Sequence[str]) -> Iterator[Labelled]:
    for label in labels:
        if (folder / label).is_dir():
            for found in find([folder / label], recursive=True):
                if isinstance(found, Failure):
                    yield Labelled(found.path, label, error=found.error)
                else:
                    yield Labelled(found, label)
