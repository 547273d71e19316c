from collections.abc import Callable

import pytest

from digits.bench.comparison import changes, differences
from digits.bench.results import Measured, Run
from digits.commands.bench_tables import as_comparison

KEY = ("digits", "rate")


def compared(
    made: Callable[..., Measured],
    made_run: Callable[..., Run],
    old: tuple[float, ...],
    new: tuple[float, ...],
) -> tuple[Run, Run]:
    return made_run(made("cold", {KEY: old})), made_run(made("cold", {KEY: new}))


@pytest.mark.parametrize(
    ("old", "new", "real"),
    [
        ((10, 11, 12), (20, 21, 22), True),
        ((10, 11, 12), (5, 6, 7), True),
        ((10, 11, 12), (12, 13, 14), False),  # one sample lies among the others
        ((10, 11, 30), (20, 21, 22), False),
        ((10.0, 10.01), (10.02, 10.03), False),  # less than another day's weather
    ],
)
def test_only_what_leaves_both_spreads_changed(
    made: Callable[..., Measured],
    made_run: Callable[..., Run],
    old: tuple[float, ...],
    new: tuple[float, ...],
    real: bool,
) -> None:
    (change,) = changes(*compared(made, made_run, old, new))
    assert change.real is real
    assert change.ratio == change.new.median / change.old.median


def test_the_table_marks_what_changed(
    made: Callable[..., Measured], made_run: Callable[..., Run]
) -> None:
    text = as_comparison(*compared(made, made_run, (10, 11, 12), (20, 22, 24)))
    assert text.splitlines()[1].split() == [
        "cold:",
        "digits",
        "rate",
        "s",
        "11",
        "22",
        "2.00",
        "changed",
    ]
    assert text.splitlines()[-1] == "1 of 1 figures changed beyond their spreads"


def test_nothing_is_no_factor(made: Callable[..., Measured], made_run: Callable[..., Run]) -> None:
    (change,) = changes(*compared(made, made_run, (0,), (1,)))
    assert change.ratio == float("inf")
    (change,) = changes(*compared(made, made_run, (0,), (0,)))
    assert change.ratio == 1


def test_figures_of_one_run_alone_are_left_out(
    made: Callable[..., Measured], made_run: Callable[..., Run]
) -> None:
    old = made_run(made("cold", {("digits", "wall"): (1,)}))
    assert list(changes(old, made_run(made("cold", {KEY: (1,)})))) == []


def test_other_machines_are_told(made_run: Callable[..., Run]) -> None:
    old, new = made_run(), made_run(machine={"processor": "loom", "cores": 2.0}, digits="0.2.0")
    assert differences(old, new) == [
        "machine: processor: abacus → loom",
        "machine: python: CPython 3.12 → none",
        "digits: 0.1.0 → 0.2.0",
    ]
    assert as_comparison(old, new).startswith("differs: machine: processor: abacus → loom\n")
