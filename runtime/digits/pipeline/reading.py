"""Reading a batch of files in one process: bytes, pixels, and answers about them."""

from collections.abc import Callable, Iterator, Sequence
from typing import IO, TYPE_CHECKING

from digits.answers import Answers, Placed, answer
from digits.encoded import Encoded, checked
from digits.errors import InputError
from digits.find import STDIN, Fetched, Found, Special
from digits.images import Decoded, decode_image, load_image, read_encoded, read_image_file
from digits.prediction import Failure
from digits.timings import Stopwatch

if TYPE_CHECKING:
    from digits.classifier import Classifier

# Pixels that are held at once: images wait for each other only while they are small.
_PIXELS_HELD = 8_000_000
# Files of so many bytes together are read before the first of them is decoded: a processor that
# does one thing many times takes a fifth less for both.
_BYTES_AHEAD = 200_000

_Read = Encoded | Decoded | InputError


def read_batch(
    classifier: "Classifier", items: Sequence[Found], stdin: IO[bytes] | None = None
) -> Answers:
    """Read files, decode and classify them in this process.

    Args:
        classifier: Reads them.
        items: What was found.
        stdin: What the path "-" stands for.

    Raises:
        ModelError: The model fails on them.
    """
    answers = Answers()
    for images, seconds in decoded(items, stdin):
        answers.extend(Answers(seconds=seconds))
        answers.extend(answer(classifier, images))
    return answers


def decoded(
    items: Sequence[Found],
    stdin: IO[bytes] | None = None,
    alive: Callable[[], None] = lambda: None,
) -> Iterator[tuple[list[Placed], dict[str, float]]]:
    """Read and decode files, as many at once as may be held.

    Args:
        items: What was found.
        stdin: What the path "-" stands for.
        alive: Called after each file.

    Yields:
        Decoded images or errors with their places, and the seconds that these took by stage.
    """
    watch = Stopwatch()
    held: list[Placed] = []
    pixels = 0
    for chunk in _chunks(items, stdin, alive):
        watch.lap("read")
        for place, data in chunk:
            image = _decoded(data)
            held.append((place, image))
            alive()
            pixels += image.pixels.size // 3 if isinstance(image, Decoded) else 0
            if pixels > _PIXELS_HELD:
                yield held, watch.stop("decode")
                held, pixels, watch = [], 0, Stopwatch()
        watch.lap("decode")
    if held:
        yield held, watch.stop("decode")


def _chunks(
    items: Sequence[Found], stdin: IO[bytes] | None, alive: Callable[[], None]
) -> Iterator[list[tuple[int, _Read]]]:
    """What was read from files, with their places, not too many bytes at once."""
    chunk: list[tuple[int, _Read]] = []
    size = 0
    for place, item in enumerate(items):
        data = _read(item, stdin)
        chunk.append((place, data))
        alive()
        if isinstance(data, bytes):
            size += len(data)
        if size > _BYTES_AHEAD or not isinstance(data, bytes):
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk


def _read(item: Found, stdin: IO[bytes] | None) -> _Read:
    try:
        if isinstance(item, str):
            return read_encoded(item, listed=True)
        if isinstance(item, Failure):
            return InputError(item.error)
        if isinstance(item, Fetched):
            return checked(item.data)
        return _special(item, stdin)
    except InputError as error:
        return error


def _special(item: Special, stdin: IO[bytes] | None) -> Decoded:
    if item.path == STDIN and stdin is not None:
        return load_image(stdin)
    return read_image_file(item.path)


def _decoded(data: _Read) -> Decoded | InputError:
    if isinstance(data, Decoded | InputError):
        return data
    try:
        return decode_image(data)
    except InputError as error:
        return error
