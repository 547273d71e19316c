"""What was measured, and how it becomes JSON and back; every sample is kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from digits.bench.measurement import Kind
from digits.errors import InputError

FORMAT = 1

# A list of numbers that json.dumps wrote on many lines; strings have no line ends.
_NUMBERS = re.compile(r"\[\n[\s\d.,eE+-]+\]")


@dataclass(frozen=True)
class Series:
    """One figure of one contender, in each round.

    Attributes:
        contender: Its name.
        kind: What it is to us.
        figure: What was read off it.
        unit: Of the samples.
        samples: One for each turn.
        shown: Whether the table has a row for it.
    """

    contender: str
    kind: Kind
    figure: str
    unit: str
    samples: tuple[float, ...]
    shown: bool = True


@dataclass(frozen=True)
class Measured:
    """All that one measurement found.

    Attributes:
        name: Of the measurement.
        title: One line for people.
        series: What was read.
        notes: Who couldn't take part, and why.
        failed: What of ours failed, and why.
        seconds: What the measurement took.
    """

    name: str
    title: str
    series: tuple[Series, ...]
    notes: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    seconds: float = 0.0

    def samples(self, contender: str, figure: str) -> tuple[float, ...]:
        """The samples of one series; none where there is none."""
        found = (s for s in self.series if (s.contender, s.figure) == (contender, figure))
        series = next(found, None)
        return () if series is None else series.samples


@dataclass(frozen=True)
class Run:
    """One run of `digits bench`.

    Attributes:
        digits: Version of this project.
        machine: What it ran on, without the names of hosts, users and folders.
        versions: Of the packages that took part.
        settings: Model, provider, rounds and sizes.
        measured: What was found.
        ended: Date and time, in UTC.
    """

    digits: str
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    measured: tuple[Measured, ...]
    ended: str = ""
    format: int = field(default=FORMAT)


def to_json(run: Run) -> str:
    """A run as JSON, the samples of a series on one line."""
    text = json.dumps(asdict(run), indent=1)
    return _NUMBERS.sub(lambda found: f"[{' '.join(found[0][1:-1].split())}]", text)


def from_record(record: object, name: str) -> Run:
    """A run that was read from JSON.

    Args:
        record: What the file holds.
        name: What errors call the file.

    Raises:
        InputError: It is no run of `digits bench`, or one of another format.
    """
    if not isinstance(record, dict) or "format" not in record or "measured" not in record:
        raise InputError(f"{name}: is no result of digits bench: give the file of its --output")
    if record["format"] != FORMAT:
        raise InputError(
            f"{name}: has format {record['format']!r}, this version reads {FORMAT}: "
            "run digits bench again"
        )
    try:
        measured = tuple(measured_from(item) for item in record["measured"])
        return Run(**{**record, "measured": measured})
    except (TypeError, KeyError, ValueError) as error:
        raise InputError(f"{name}: is damaged: {error}: run digits bench again") from error


def measured_from(record: Mapping[str, Any]) -> Measured:
    """One measurement from its JSON object.

    Raises:
        KeyError, TypeError, ValueError: It isn't one.
    """
    parts = {key: tuple(record[key]) for key in ("notes", "failed")}
    series = tuple(_series(item) for item in record["series"] if item["samples"])
    return Measured(**{**record, **parts, "series": series})


def _series(record: Mapping[str, Any]) -> Series:
    samples = tuple(map(float, record["samples"]))
    return Series(**{**record, "kind": Kind(record["kind"]), "samples": samples})
