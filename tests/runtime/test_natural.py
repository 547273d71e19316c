"""Natural order: what people expect, and the same by all ways to it."""

import random

import pytest

from digits import natural

LETTERS = "ab01209. _-AZ\x01~"


def names(letters: str, seed: int) -> list[str]:
    rng = random.Random(seed)
    return list({"".join(rng.choices(letters, k=rng.randint(0, 7))) for _ in range(300)})


def test_numbers_count_as_numbers() -> None:
    order = ["1.png", "01.png", "2.PNG", "2b.png", "10.png", "a", "A1", "a1b", "a01c", "a2", "b"]
    shuffled = random.Random(1).sample(order, len(order))
    assert list(natural.in_natural_order(shuffled)) == sorted(order, key=natural.natural)
    assert list(natural.in_natural_order(["10", "9", "1"])) == ["1", "9", "10"]
    assert list(natural.in_natural_order([])) == []


@pytest.mark.parametrize("letters", [LETTERS, LETTERS + "é٣ß²"])
@pytest.mark.parametrize("run", [7, 50, 1000])
def test_runs_are_merged_in_the_same_order(
    letters: str, run: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(natural, "_RUN", run)
    for seed in range(20):
        found = names(letters, seed)
        expected = sorted(found, key=natural.natural)
        assert list(natural.in_natural_order(found)) == expected
        marked = natural.in_natural_order([f"?{name}" for name in found], skip=1)
        assert list(marked) == [f"?{name}" for name in expected]


@pytest.mark.parametrize("late", ["0300.png", "é.png", "300.png"])
def test_names_of_one_shape_and_then_another(late: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(natural, "_RUN", 50)
    found = [f"{number:03}.png" for number in random.Random(2).sample(range(300), 300)]
    for names in (found, [*found, late]):
        expected = sorted(names, key=natural.natural)
        assert list(natural.in_natural_order(names)) == expected
        marked = natural.in_natural_order([f"?{name}" for name in names], skip=1)
        assert list(marked) == [f"?{name}" for name in expected]
