from collections.abc import Callable

import pytest

from digits.bench.measurement import Measurement, Target
from digits.bench.results import Measured
from digits.bench.verdicts import ratios, verdicts

OURS, FAST, SLOW = ("digits", "rate"), ("fast", "rate"), ("slow", "rate")


def judged(target: Target, measured: Measured) -> object:
    (verdict,) = verdicts(Measurement("made", "", (), lambda _: [], (target,)), measured)
    return verdict


def test_ratios_are_those_of_one_round() -> None:
    assert ratios([10, 20, 30], [[5, 5, 5], [2, 10, 6]]) == [2, 2, 5]
    assert ratios([10, 20], [[5, 5], [2, 10]], min) == [5, 4]
    assert ratios([10, 20, 30], [[5, 5]]) == [2, 4]


@pytest.mark.parametrize(("bound", "met"), [(4.0, True), (4.1, False)])
def test_more_than_the_best_peer(made: Callable[..., Measured], bound: float, met: bool) -> None:
    found = made("made", {OURS: (40, 80, 100), FAST: (10, 20, 30), SLOW: (1, 2, 3)})
    verdict = judged(Target("", OURS, (SLOW, FAST), at_least=bound), found)
    assert verdict.reached.median == 4
    assert (verdict.over, verdict.met) == ("fast", met)


def test_one_with_fewer_turns_than_the_best_peer_takes_no_rounds_away(
    made: Callable[..., Measured],
) -> None:
    found = made("made", {OURS: (40, 80, 100), FAST: (10, 20, 30), SLOW: (1,)})
    target = Target("", OURS, (SLOW, FAST), at_least=3.5)
    assert judged(target, found).reached.least == pytest.approx(100 / 30)


def test_less_time_than_the_best_peer(made: Callable[..., Measured]) -> None:
    found = made("made", {OURS: (3,), FAST: (2,), SLOW: (6,)})
    verdict = judged(Target("", OURS, (SLOW, FAST), at_most=1.4), found)
    assert (verdict.reached.median, verdict.over, verdict.met) == (1.5, "fast", False)


def test_a_figure_without_anything_to_divide_by(made: Callable[..., Measured]) -> None:
    verdict = judged(Target("", OURS, at_most=70), made("made", {OURS: (60, 70, 80)}))
    assert (verdict.reached.median, verdict.reached.low, verdict.met) == (70, 65, True)


@pytest.mark.parametrize("there", [{OURS: (1.0,)}, {FAST: (1.0,)}])
def test_what_was_not_measured_is_neither_met_nor_missed(
    made: Callable[..., Measured], there: dict[tuple[str, str], tuple[float, ...]]
) -> None:
    verdict = judged(Target("", OURS, (FAST,), at_most=1), made("made", there))
    assert (verdict.reached, verdict.met) == (None, None)
