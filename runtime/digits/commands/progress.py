"""A line on the terminal that counts images while results go elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
Batch = TypeVar("Batch", bound=Sequence[object])

_SECONDS_BETWEEN = 0.2


def counted(items: Iterable[Item], *, shown: bool) -> Iterator[Item]:
    """Pass items on; with `shown`, count them on stderr and clear the line at the end."""
    for (item,) in counted_batches(((item,) for item in items), shown=shown):
        yield item


def counted_batches(batches: Iterable[Batch], *, shown: bool) -> Iterator[Batch]:
    """Pass batches on; with `shown`, count what is in them like `counted`."""
    if not shown:
        yield from batches
        return
    count = 0
    started = last = time.monotonic()
    try:
        for batch in batches:
            yield batch
            count += len(batch)
            now = time.monotonic()
            if now - last > _SECONDS_BETWEEN:
                last = now
                rate = count / (now - started)
                print(f"\r{count} images, {rate:.0f}/s ", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
