"""Two runs side by side: what changed, told from what is noise."""

from collections.abc import Iterator
from dataclasses import dataclass

from digits.bench.results import Run, Series
from digits.bench.spread import Spread, spread

# Machines aren't the same on another day, whatever the spread within a run says.
_NOISE = 0.03


@dataclass(frozen=True)
class Change:
    """One figure in two runs.

    Attributes:
        measurement: Name of the measurement.
        series: As it is in the new run.
        old: Median and spread before.
        new: The same now.
    """

    measurement: str
    series: Series
    old: Spread
    new: Spread

    @property
    def ratio(self) -> float:
        """New over old; infinity if the old one was nothing."""
        if self.old.median == 0:
            return 1.0 if self.new.median == 0 else float("inf")
        return self.new.median / self.old.median

    @property
    def real(self) -> bool:
        """Whether no sample of one run lies among those of the other, and it is more than 3 %."""
        return not self.old.overlaps(self.new) and abs(self.ratio - 1) > _NOISE


def changes(old: Run, new: Run) -> Iterator[Change]:
    """The figures that are in both runs and have a row in the table."""
    before = {
        (measured.name, series.contender, series.figure): series
        for measured in old.measured
        for series in measured.series
    }
    for measured in new.measured:
        for series in measured.series:
            was = before.get((measured.name, series.contender, series.figure))
            if was is not None and series.shown and was.unit == series.unit:
                yield Change(measured.name, series, spread(was.samples), spread(series.samples))


def differences(old: Run, new: Run) -> list[str]:
    """What else differs, so that figures should not be compared as they are."""
    found = [
        f"{part}: {key}: {before.get(key, 'none')} → {after.get(key, 'none')}"
        for part, before, after in (
            ("machine", old.machine, new.machine),
            ("settings", old.settings, new.settings),
            ("versions", old.versions, new.versions),
        )
        for key in dict.fromkeys([*before, *after])
        if before.get(key) != after.get(key)
    ]
    return [*found, *([] if old.digits == new.digits else [f"digits: {old.digits} → {new.digits}"])]
