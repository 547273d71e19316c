"""Many images: decode and classify in threads, yield the answers in order.

Memory stays the same however many files there are: a worker holds one image at a time or as many
small ones as fit in a batch, and only so many batches are under way.
"""

import os
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from itertools import islice
from typing import IO, TYPE_CHECKING

from digits.errors import InputError, UsageError
from digits.find import STDIN, find
from digits.images import Decoded, load_image, read_image_file
from digits.prediction import Failure, Prediction

if TYPE_CHECKING:
    from concurrent.futures import Future

    from digits.classifier import Classifier

# Pixels that a worker decodes before it classifies them.
_PIXELS_HELD = 8_000_000


def stream(
    classifier: "Classifier",
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    *,
    recursive: bool = False,
    batch_size: int = 64,
    workers: int | None = None,
    stdin: IO[bytes] | None = None,
) -> Generator[Prediction | Failure, None, None]:
    """Read images, folders and glob patterns; see `Classifier.stream`.

    Args:
        classifier: Reads them.
        paths: What to read: one path or many.
        recursive: Look into subfolders, too.
        batch_size: Images that are classified together, at most.
        workers: Threads; as many as there are processors if None.
        stdin: What the path "-" stands for; without it, "-" is a file like any other.

    Raises:
        UsageError: `batch_size` or `workers` is below one.
    """
    if batch_size < 1 or (workers is not None and workers < 1):
        raise UsageError("batch size and workers: give 1 or more")
    if isinstance(paths, str | bytes | os.PathLike):  # one path, not a path for each letter
        paths = [os.fsdecode(paths)]
    found = find(paths, recursive=recursive)
    return read_files(classifier, found, batch_size=batch_size, workers=workers, stdin=stdin)


def read_files(
    classifier: "Classifier",
    files: Iterable[str | Failure],
    *,
    batch_size: int = 64,
    workers: int | None = None,
    stdin: IO[bytes] | None = None,
) -> Generator[Prediction | Failure, None, None]:
    """One answer for each file, in their order; failures are passed through."""
    batches = _batches(iter(files), batch_size)
    return _answers(classifier, batches, workers or _processors(), stdin)


def _batches(found: Iterator[str | Failure], largest: int) -> Iterator[list[str | Failure]]:
    """Batches that grow to their full size, so that the first answer comes soon."""
    size = 1
    while batch := list(islice(found, size)):
        yield batch
        size = min(2 * size, largest)


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):  # what a container allows, not what the machine has
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _answers(
    classifier: "Classifier",
    batches: Iterator[list[str | Failure]],
    workers: int,
    stdin: IO[bytes] | None,
) -> Generator[Prediction | Failure, None, None]:
    first = next(batches, None)
    if first is None:
        return
    yield from _read(classifier, first, stdin)
    # Costs some milliseconds, which one image doesn't need.
    from concurrent.futures import ThreadPoolExecutor

    waiting: deque[Future[list[Prediction | Failure]]] = deque()
    executor = ThreadPoolExecutor(workers, thread_name_prefix="digits")
    try:
        for batch in batches:
            waiting.append(executor.submit(_read, classifier, batch, stdin))
            if len(waiting) > 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _read(
    classifier: "Classifier", batch: list[str | Failure], stdin: IO[bytes] | None
) -> list[Prediction | Failure]:
    """Decode and classify one batch; images wait for each other only while they are small."""
    results: list[Prediction | Failure] = []
    held: list[tuple[str, Decoded | InputError]] = []
    pixels = 0
    for item in batch:
        path = item.path if isinstance(item, Failure) else item
        image = _decode(item, stdin)
        held.append((path, image))
        pixels += 0 if isinstance(image, InputError) else image.pixels[..., 0].size
        if pixels > _PIXELS_HELD:
            results += _classify(classifier, held)
            held, pixels = [], 0
    return results + _classify(classifier, held)


def _decode(item: str | Failure, stdin: IO[bytes] | None) -> Decoded | InputError:
    if isinstance(item, Failure):
        return InputError(item.error)
    try:
        return load_image(stdin) if item == STDIN and stdin is not None else read_image_file(item)
    except InputError as error:
        return error


def _classify(
    classifier: "Classifier", held: list[tuple[str, Decoded | InputError]]
) -> list[Prediction | Failure]:
    answers = classifier.answers([image for _, image in held], [path for path, _ in held])
    return [
        Failure(path, str(answer)) if isinstance(answer, InputError) else answer
        for (path, _), answer in zip(held, answers, strict=True)
    ]
