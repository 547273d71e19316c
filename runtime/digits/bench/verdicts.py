"""Whether targets are met: ratios from the same round, their median and their spread."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digits.bench.measurement import Measurement, Target
from digits.bench.results import Measured
from digits.bench.spread import Spread, spread


@dataclass(frozen=True)
class Verdict:
    """What became of a target.

    Attributes:
        target: The target.
        reached: Ratio or figure: median and spread; None if it wasn't measured.
        over: What ours was divided by in the middle round, where that was the best of several.
    """

    target: Target
    reached: Spread | None
    over: str | None = None

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None if it wasn't measured."""
        if self.reached is None:
            return None
        value, target = self.reached.median, self.target
        low = target.at_least is None or value >= target.at_least
        return low and (target.at_most is None or value <= target.at_most)


def verdicts(measurement: Measurement, measured: Measured) -> list[Verdict]:
    """One verdict for each target."""
    return [_verdict(target, measured) for target in measurement.targets]


def _verdict(target: Target, measured: Measured) -> Verdict:
    ours = measured.samples(*target.ours)
    if not ours:
        return Verdict(target, None)
    if not target.over:
        return Verdict(target, spread(ours))
    others = {key: found for key in target.over if (found := measured.samples(*key))}
    if not others:
        return Verdict(target, None)
    best = min if target.at_most is not None else max
    over = best(others, key=lambda key: spread(others[key]).median)
    # Those that have fewer turns than the best would take away rounds, and change nothing.
    turns = len(others[over])
    rivals = [found for found in others.values() if len(found) >= turns]
    return Verdict(target, spread(ratios(ours, rivals, best)), over[0])


def ratios(
    ours: Sequence[float], others: Iterable[Sequence[float]], best: object = max
) -> list[float]:
    """Ours over the best of the others, round by round; rounds that one lacks are left out.

    Args:
        ours: A sample for each round.
        others: The same for each of the others.
        best: `max` if more is better, else `min`.
    """
    pick = min if best is min else max
    rows = zip(ours, *others, strict=False)
    return [mine / pick(rest) for mine, *rest in rows]
