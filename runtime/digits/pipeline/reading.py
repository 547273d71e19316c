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
    reader = _Reader(stdin)
    held: list[Placed] = []
    pixels = 0
    for place, item in enumerate(items):
        image = reader.read(item)
        held.append((place, image))
        if alive:
            alive()
        pixels += image.pixels.size if isinstance(image, Decoded) else 0
        if pixels > 3 * _PIXELS_HELD:
            yield held, reader.seconds()
            held, pixels = [], 0
    if held:
        yield held, reader.seconds()


class _Reader:
    """Reads and decodes one file after the other, and takes the time of both."""

    def __init__(self, stdin: IO[bytes] | None) -> None:
        self._stdin = stdin
        self._reading = self._decoding = 0.0

    def read(self, item: Found) -> Decoded | InputError:
        """The image, or what is wrong with it."""
        started = between = perf_counter()
        try:
            if not isinstance(item, str):
                return self._odd(item)
            data = read_encoded(item)
            between = perf_counter()
            return decode_image(data)
        except InputError as error:
            return error
        finally:
            self._reading += between - started
            self._decoding += perf_counter() - between

    def _odd(self, item: Failure | Special) -> Decoded:
        if isinstance(item, Failure):
            raise InputError(item.error)
        if item.path == STDIN and self._stdin is not None:
            return load_image(self._stdin)
        return read_image_file(item.path)

    def seconds(self) -> Seconds:
        """What was read since this was last asked took so long."""
        seconds = {"read": self._reading, "decode": self._decoding}
        self._reading = self._decoding = 0.0
        return seconds
