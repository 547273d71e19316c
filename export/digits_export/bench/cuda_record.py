"""What was measured on a GPU, in the words of `digits bench`'s JSON."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from digits.bench.measurement import Kind
from digits.bench.results import Series as Series

OURS, PEER = Kind.OURS.value, Kind.PEER.value
LIMIT, PART = Kind.LIMIT.value, Kind.PART.value

#: Told what is under way.
Say = Callable[[str], None]


@dataclass
class Measured:
    """All that one measurement found.

    Attributes:
        name: Of the measurement.
        title: One line for people.
        series: What was read.
        notes: What is to be known beside the figures, and which peers failed, and why.
        failed: What of ours failed, and why.
        seconds: What it took.
    """

    name: str
    title: str
    series: list[Series] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, contender: str, kind: str, unit: str, found: Mapping[str, list[float]]) -> None:
        """Keep the samples of a contender, by figure."""
        for figure, samples in found.items():
            self.series.append(Series(contender, Kind(kind), figure, unit, tuple(samples)))

    def drop(self, contender: str, kind: str, error: Exception) -> None:
        """Say that a contender failed."""
        text = " ".join(str(error).split())[:300] or type(error).__name__
        (self.failed if kind == OURS else self.notes).append(f"{contender}: failed: {text}")
