from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digits.bench.child import ChildError
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Settings
from digits.bench.rounds import measure
from digits.bench.sizes import Sizes
from digits.errors import ModelError


@pytest.fixture
def settings(sizes: Sizes, tmp_path: Path) -> Settings:
    return Settings("lenet", "cpu", sizes, 3, tmp_path)


class Log:
    """Contenders that write down their turns."""

    def __init__(self) -> None:
        self.turns: list[str] = []

    def contender(
        self, name: str, kind: Kind = Kind.PEER, fails_at: int | None = None
    ) -> Contender:
        def run() -> dict[str, float]:
            self.turns.append(name)
            count = self.turns.count(name)
            if count == fails_at:
                raise ChildError("out of breath")
            return {"rate": float(count)}

        return Contender(name, kind, run)


def measurement(*contenders: Contender, **options: object) -> Measurement:
    return Measurement(
        "made", "Made up", (Figure("rate", "images/s"),), lambda _: contenders, **options
    )


def test_contenders_take_turns(settings: Settings) -> None:
    log = Log()
    found = measure(measurement(log.contender("a", Kind.OURS), log.contender("b")), settings)
    assert log.turns == ["a", "b"] * 3
    assert found.samples("a", "rate") == found.samples("b", "rate") == (1, 2, 3)
    assert found.samples("a", "start") == ()


def test_one_that_fails_is_a_line_and_the_others_go_on(settings: Settings) -> None:
    log = Log()
    found = measure(measurement(log.contender("a", fails_at=2), log.contender("b")), settings)
    assert found.notes == ("a: failed: out of breath",)
    assert found.failed == ()
    assert log.turns == ["a", "b", "a", "b", "b"]
    assert found.samples("b", "rate") == (1, 2, 3)


def test_ours_that_fails_is_no_note(settings: Settings) -> None:
    found = measure(measurement(Log().contender("a", Kind.OURS, fails_at=1)), settings)
    assert found.failed == ("a: failed: out of breath",)
    assert found.series == found.notes == ()


def test_what_is_missing_is_skipped(settings: Settings) -> None:
    absent = replace(Log().contender("a"), missing="this needs torch")
    found = measure(measurement(absent), settings)
    assert found.notes == ("a: skipped: this needs torch",)


def test_slow_ones_have_one_turn_in_a_round(settings: Settings) -> None:
    log = Log()
    slow = replace(log.contender("slow"), slow=True)
    made = measurement(log.contender("a"), slow, repeat=2, warm=True)
    found = measure(made, replace(settings, rounds=2))
    assert log.turns == ["a", "a", "slow", "a", "a", "slow", "a"]
    assert found.samples("slow", "rate") == (1, 2)


@pytest.mark.parametrize(
    ("options", "turns", "samples"),
    [
        ({"warm": True}, 4, (2, 3, 4)),
        ({"repeat": 2}, 6, (1, 2, 3, 4, 5, 6)),
        ({"once": True}, 1, (1,)),
    ],
)
def test_turns(
    settings: Settings, options: dict[str, object], turns: int, samples: tuple[float, ...]
) -> None:
    log = Log()
    found = measure(measurement(log.contender("a"), **options), settings)
    assert (len(log.turns), found.samples("a", "rate")) == (turns, samples)


def test_peers_can_be_left_out(settings: Settings) -> None:
    log = Log()
    chosen = measurement(log.contender("a", Kind.OURS), log.contender("b"))
    measure(chosen, replace(settings, peers=False))
    assert set(log.turns) == {"a"}


def test_images_that_cannot_be_made_fail_that_measurement(settings: Settings) -> None:
    def contenders(_: Settings) -> list[Contender]:
        raise ModelError("no such model")

    found = measure(Measurement("made", "Made up", (), contenders), settings)
    assert found.failed == ("made: failed: no such model",)


def test_it_says_what_is_under_way(settings: Settings) -> None:
    said: list[str] = []
    say: Callable[[str], None] = said.append
    measure(measurement(Log().contender("a")), replace(settings, rounds=2), say)
    assert said == ["made: getting ready", "made, round 1 of 2: a", "made, round 2 of 2: a"]
