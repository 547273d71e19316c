"""Natural order: 2.png before 10.png, for any number of names in little memory."""

import re
from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice
from typing import TypeAlias

Key: TypeAlias = "Callable[[str], tuple[object, str]]"

# Names that are sorted at once; more are sorted in runs, and the runs merged while they are read.
_RUN = 16_384
_NUMBER = re.compile(r"0*([0-9]+)")
_BETWEEN = "\0"  # no file name has it


def natural(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """A sort key that compares runs of digits as numbers; the name itself settles what is equal."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts], name


def in_natural_order(names: Iterable[str], skip: int = 0) -> Iterator[str]:
    """Sort names, each of which is read once and held as bytes of one long text.

    Args:
        names: Names without the character NUL.
        skip: Characters at the start of each that don't count.
    """
    names = iter(names)
    runs: list[str] = []
    plain = True
    while run := list(islice(names, _RUN)):
        plain = plain and all(map(str.isascii, run))
        run.sort(key=_after(_quick if plain else natural, skip))
        runs.append(_BETWEEN.join(run))
    key = _after(_quick if plain else natural, skip)
    if len(runs) == 1:
        return _pieces(runs[0])
    return merge(*map(_pieces, runs), key=key)


def _quick(name: str) -> tuple[str, str]:
    """Orders names of ASCII as `natural` does, at a third of its cost.

    Text ends before a number's NUL as it would at the end of the name; a number starts with how
    many digits it has, so that longer ones are larger.
    """
    return _NUMBER.sub(_counted, name.lower()), name


def _counted(number: re.Match[str]) -> str:
    digits = number[1]
    return f"{_BETWEEN}{chr(len(digits))}{digits}"


def _after(key: Key, skip: int) -> Key:
    return (lambda name: key(name[skip:])) if skip else key


def _pieces(run: str) -> Iterator[str]:
    """The names in a run, taken out one after the other."""
    start = 0
    while (end := run.find(_BETWEEN, start)) >= 0:
        yield run[start:end]
        start = end + 1
    yield run[start:]
