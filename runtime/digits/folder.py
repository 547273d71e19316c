"""Many images: find, read and classify them, and give the answers in order.

Memory stays the same however many files there are: files are found while the first are read, and
only so many batches are under way.
"""

import os
from collections.abc import Generator, Iterable
from itertools import chain
from typing import IO, TYPE_CHECKING

from digits.decoder import VARIABLE, decoder
from digits.errors import UsageError
from digits.find import Found, find
from digits.pipeline.stream import Results, read_batches
from digits.prediction import Failure, Prediction
from digits.timings import Timings

if TYPE_CHECKING:
    from digits.classifier import Classifier

# Images that are classified together, at most: more gain nothing.
BATCH = 256


def stream(
    classifier: "Classifier",
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    recursive: bool = False,
    batch_size: int = BATCH,
    workers: int | None = None,
    stdin: IO[bytes] | None = None,
    timings: Timings | None = None,
) -> Generator[Results, None, None]:
    """Read images, folders and glob patterns, batch by batch; see `Classifier.stream`.

    Args:
        classifier: Reads them.
        paths: What to read: one path or many.
        recursive: Look into subfolders, too.
        batch_size: Images that are classified together, at most.
        workers: Processes; as many as there are cores allowed if None.
        stdin: What the path "-" stands for; without it, "-" is a file like any other.
        timings: Gets the time that all this takes.

    Yields:
        Answers, in the order of the files, as many at once as were ready.

    Raises:
        UsageError: `batch_size` or `workers` is below one.
    """
    if isinstance(paths, str | bytes | os.PathLike):  # one path, not a path for each letter
        paths = [os.fsdecode(paths)]
    found = find(paths, recursive=recursive)
    return _batches(classifier, found, batch_size, workers, stdin, timings)


def read_files(
    classifier: "Classifier",
    files: Iterable[str | Failure],
    *,
    batch_size: int = BATCH,
    workers: int | None = None,
) -> Generator[Prediction | Failure, None, None]:
    """One answer for each file, in their order; failures are passed through."""
    return one_by_one(_batches(classifier, files, batch_size, workers))


def one_by_one(
    batches: Generator[Results, None, None],
) -> Generator[Prediction | Failure, None, None]:
    """The answers in batches; closing it closes them, too."""
    try:
        yield from chain.from_iterable(batches)
    finally:
        batches.close()


def _batches(
    classifier: "Classifier",
    files: Iterable[Found],
    batch_size: int,
    workers: int | None,
    stdin: IO[bytes] | None = None,
    timings: Timings | None = None,
) -> Generator[Results, None, None]:
    if batch_size < 1 or (workers is not None and workers < 1):
        raise UsageError("batch size and workers: give 1 or more")
    if VARIABLE in os.environ:
        decoder()  # what is wrong with it is told before the first answer
    return read_batches(
        classifier,
        files,
        batch_size=batch_size,
        workers=workers,
        stdin=stdin,
        timings=timings,
    )
