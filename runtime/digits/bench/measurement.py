"""What a measurement is made of: contenders, the figures that are read off them, and targets."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

from digits.bench.sizes import Sizes

# Figure → value, of one contender in one round.
Reading: TypeAlias = Mapping[str, float]
# Contender and figure.
Key: TypeAlias = tuple[str, str]


class Kind(StrEnum):
    """What a contender is to us."""

    OURS = "ours"
    PEER = "peer"
    FLOOR = "floor"
    LIMIT = "limit"
    PART = "part"


@dataclass(frozen=True)
class Settings:
    """What is measured, and with what.

    Attributes:
        model: A shipped model's name, or a directory.
        provider: Where it runs, "cpu"; what is measured on a GPU, `digits.bench.cuda` does.
        sizes: How much of everything.
        rounds: How often each contender has its turn.
        folder: Where images are put; measurements share them.
        peers: Whether to measure what users would pick instead, too.
    """

    model: str
    provider: str
    sizes: Sizes
    rounds: int
    folder: Path
    peers: bool = True


@dataclass(frozen=True)
class Figure:
    """Something that is read off a contender.

    Attributes:
        name: "rate", for example.
        unit: "images/s", for example.
        shown: Whether it has a row in the table; the others are for pictures and programs.
    """

    name: str
    unit: str
    shown: bool = True


@dataclass(frozen=True)
class Contender:
    """One that takes part.

    Attributes:
        name: What the table calls it.
        kind: What it is to us.
        run: Does its work once; raises `DigitsError` where that fails.
        missing: Why it can't take part, if so.
        slow: Whether one turn in a round is enough, where others have several.
    """

    name: str
    kind: Kind
    run: Callable[[], Reading]
    missing: str | None = None
    slow: bool = False


@dataclass(frozen=True)
class Target:
    """What we want to reach: a ratio, or where there is nothing to divide by, a figure.

    Attributes:
        text: For people.
        ours: What we reach.
        over: What it is divided by, round by round: the best of these that was measured.
        at_most: The bound, if less is better.
        at_least: The bound, if more is better.
    """

    text: str
    ours: Key
    over: tuple[Key, ...] = ()
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Measurement:
    """One measurement of `digits bench`; its file in `measurements` says what it shows.

    Attributes:
        name: What `--only` calls it.
        title: One line for people.
        figures: All that its contenders' readings may hold.
        contenders: Makes the images that are needed, and names those that take part.
        targets: What we want to reach.
        repeat: How many turns each contender has in a round; more where one takes little time.
        warm: Whether each has a first turn that doesn't count, which fills the disk's cache.
        once: Whether all rounds would read the same.
    """

    name: str
    title: str
    figures: tuple[Figure, ...]
    contenders: Callable[[Settings], Sequence[Contender]]
    targets: tuple[Target, ...] = ()
    repeat: int = 1
    warm: bool = False
    once: bool = False
