"""Writing answers as they come, batch by batch."""

from collections.abc import Iterable, Iterator, Sequence
from time import perf_counter
from typing import TextIO

from digits.commands.formats import Result, Writer
from digits.prediction import Failure
from digits.timings import Timings

# Characters that are written at once: with four bytes for each they still fit into the buffer below
# the text, which keeps what an interruption leaves unwritten.
_AT_ONCE = 2048


def written(
    batches: Iterable[Sequence[Result]], form: Writer, sink: TextIO, timings: Timings | None = None
) -> tuple[int, int]:
    """Write all answers, each batch as soon as it is there, always in whole lines.

    Args:
        batches: Answers, as many at once as are ready.
        form: How to write them.
        sink: Where to.
        timings: Gets the time that writing takes.

    Returns:
        How many there were, and how many of them failures.
    """
    total = failed = 0
    seconds = 0.0
    sink.write(form.head)
    try:
        for batch in batches:
            started = perf_counter()
            for text in _pieces(batch, form, first=not total):
                sink.write(text)
                sink.flush()
            total += len(batch)
            failed += sum(isinstance(result, Failure) for result in batch)
            seconds += perf_counter() - started
    finally:
        # Also after Ctrl-C: a JSON array that is cut short is still one.
        sink.write(form.tail)
        if timings is not None:
            timings.add({"write": seconds})
    return total, failed


def _pieces(batch: Sequence[Result], form: Writer, *, first: bool) -> Iterator[str]:
    """The text of a batch in pieces of whole lines that can be written at once."""
    piece = ""
    for result in batch:
        line = form.line(result) if first else form.between + form.line(result)
        first = False
        if piece and len(piece) + len(line) > _AT_ONCE:
            yield piece
            piece = ""
        piece += line
    yield piece
