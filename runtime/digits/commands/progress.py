"""A line on the terminal that counts images while results go elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TypeVar

Item = TypeVar("Item")

_SECONDS_BETWEEN = 0.2


def counted(items: Iterable[Item], *, shown: bool) -> Iterator[Item]:
    """Pass items on; with `shown`, count them on stderr and clear the line at the end."""
    if not shown:
        yield from items
        return
    started = last = time.monotonic()
    try:
        for count, item in enumerate(items, 1):
            yield item
            now = time.monotonic()
            if now - last > _SECONDS_BETWEEN:
                last = now
                rate = count / (now - started)
                print(f"\r{count} images, {rate:.0f}/s ", end="", file=sys.stderr, flush=True)
    finally:
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
