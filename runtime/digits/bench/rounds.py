"""Running a measurement: every contender in turn, several times, so that all share the weather."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence

from digits.bench.measurement import Contender, Kind, Measurement, Reading, Settings
from digits.bench.results import Measured, Series
from digits.errors import DigitsError

Say = Callable[[str], None]


class _Turns:
    """What was read in all turns, and who has dropped out."""

    def __init__(self, contenders: Sequence[Contender]) -> None:
        self.readings: dict[str, list[Reading]] = {c.name: [] for c in contenders}
        self.notes = [f"{c.name}: skipped: {c.missing}" for c in contenders if c.missing]
        self.failed: list[str] = []
        self._running = [c for c in contenders if not c.missing]

    def round(self, say: Say, *, counts: bool = True, slow: bool = True) -> None:
        """Give each contender a turn; one that fails takes no part from then on."""
        for contender in [c for c in self._running if slow or not c.slow]:
            say(contender.name)
            try:
                reading = contender.run()
            except DigitsError as error:
                self._drop(contender, str(error))
            else:
                if counts:
                    self.readings[contender.name].append(reading)

    def _drop(self, contender: Contender, reason: str) -> None:
        self._running.remove(contender)
        line = f"{contender.name}: failed: {reason}"
        (self.failed if contender.kind is Kind.OURS else self.notes).append(line)


def measure(measurement: Measurement, settings: Settings, say: Say = lambda _: None) -> Measured:
    """Run one measurement.

    Args:
        measurement: Which one.
        settings: With what.
        say: Called with what is under way.
    """
    began = time.monotonic()
    say(f"{measurement.name}: getting ready")
    try:
        contenders = _taking_part(measurement.contenders(settings), settings)
    except DigitsError as error:
        told = f"{measurement.name}: failed: {error}"
        return Measured(measurement.name, measurement.title, (), failed=(told,))
    turns = _Turns(contenders)
    if measurement.warm:
        turns.round(_prefixed(say, f"{measurement.name}, warming up"), counts=False, slow=False)
    count = 1 if measurement.once else settings.rounds * measurement.repeat
    for turn in range(count):
        place = f"{measurement.name}, round {turn + 1} of {count}"
        turns.round(_prefixed(say, place), slow=turn % measurement.repeat == 0)
    series = tuple(_series(measurement, contenders, turns.readings))
    notes, failed = tuple(turns.notes), tuple(turns.failed)
    took = round(time.monotonic() - began, 2)
    return Measured(measurement.name, measurement.title, series, notes, failed, took)


def _prefixed(say: Say, place: str) -> Say:
    return lambda name: say(f"{place}: {name}")


def _taking_part(contenders: Iterable[Contender], settings: Settings) -> list[Contender]:
    return [c for c in contenders if settings.peers or c.kind is not Kind.PEER]


def _series(
    measurement: Measurement,
    contenders: Sequence[Contender],
    readings: dict[str, list[Reading]],
) -> Iterator[Series]:
    for contender in contenders:
        for figure in measurement.figures:
            read = readings[contender.name]
            samples = tuple(_rounded(r[figure.name]) for r in read if figure.name in r)
            if samples:
                yield Series(
                    contender.name,
                    contender.kind,
                    figure.name,
                    figure.unit,
                    samples,
                    figure.shown,
                )


def _rounded(value: float) -> float:
    """Six digits, which is more than is ever the same twice."""
    return float(f"{value:.6g}")
