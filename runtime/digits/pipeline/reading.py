"""Reading a batch of files in one process: bytes, pixels, and answers about them."""

from collections.abc import Callable, Iterator, Sequence
from time import perf_counter
from typing import IO, TYPE_CHECKING

from digits.answers import Answers, Placed, answer
from digits.errors import InputError
from digits.find import STDIN, Found, Special
from digits.images import Decoded, decode_image, load_image, read_encoded, read_image_file
from digits.prediction import Failure

if TYPE_CHECKING:
    from digits.classifier import Classifier

# Pixels that are held at once: images wait for each other only while they are small.
_PIXELS_HELD = 8_000_000

Seconds = dict[str, float]


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
    items: Sequence[Found], stdin: IO[bytes] | None = None, alive: Callable[[], None] | None = None
) -> Iterator[tuple[list[Placed], Seconds]]:
    """Read and decode files, as many at once as may be held.

    Args:
        items: What was found.
        stdin: What the path "-" stands for.
        alive: Called after each file.

    Yields:
        Decoded images or errors with their places, and the seconds that these took by stage.
    """
    held: list[Placed] = []
    pixels = 0
    seconds = {"read": 0.0, "decode": 0.0}
    for place, item in enumerate(items):
        image = _image(item, stdin, seconds)
        held.append((place, image))
        if alive:
            alive()
        pixels += image.pixels.size // 3 if isinstance(image, Decoded) else 0
        if pixels > _PIXELS_HELD:
            yield held, seconds
            held, pixels, seconds = [], 0, {"read": 0.0, "decode": 0.0}
    if held:
        yield held, seconds


def _image(item: Found, stdin: IO[bytes] | None, seconds: Seconds) -> Decoded | InputError:
    try:
        if isinstance(item, str):
            return _file(item, seconds)
        if isinstance(item, Failure):
            return InputError(item.error)
        return _special(item, stdin)
    except InputError as error:
        return error


def _file(path: str, seconds: Seconds) -> Decoded:
    started = perf_counter()
    between = None
    try:
        data = read_encoded(path)
        between = perf_counter()
        return decode_image(data)
    finally:
        ended = perf_counter()
        seconds["read"] += (between or ended) - started
        seconds["decode"] += ended - (between or ended)


def _special(item: Special, stdin: IO[bytes] | None) -> Decoded:
    if item.path == STDIN and stdin is not None:
        return load_image(stdin)
    return read_image_file(item.path)
