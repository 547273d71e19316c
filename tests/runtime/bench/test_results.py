import json
from collections.abc import Callable

import pytest

from digits.bench.results import Measured, Run, from_record, to_json
from digits.errors import InputError


def test_a_run_survives_json(made: Callable[..., Measured], made_run: Callable[..., Run]) -> None:
    run = made_run(made("cold", {("digits", "wall"): (1.0, 2.5), ("torch", "wall"): (9.0,)}))
    assert from_record(json.loads(to_json(run)), "old.json") == run


def test_the_samples_of_a_series_are_one_line(
    made: Callable[..., Measured], made_run: Callable[..., Run]
) -> None:
    text = to_json(made_run(made("cold", {("digits [\n1]", "wall"): (1.0, 2.5e-7, -3.0)})))
    assert '"samples": [1.0, 2.5e-07, -3.0]' in text
    assert '"digits [\\n1]"' in text


@pytest.mark.parametrize("record", [[], {}, {"format": 1}, "text"])
def test_something_else(record: object) -> None:
    with pytest.raises(InputError, match=r"^old\.json: is no result of digits bench"):
        from_record(record, "old.json")


def test_another_format(made_run: Callable[..., Run]) -> None:
    record = json.loads(to_json(made_run())) | {"format": 2}
    with pytest.raises(InputError, match=r"has format 2, this version reads 1: run digits bench"):
        from_record(record, "old.json")


@pytest.mark.parametrize(
    "change",
    [
        {"measured": 5},
        {"measured": [{"name": "cold"}]},
        {"more": 1},
        {"measured": [{"name": "", "title": "", "notes": [], "failed": [], "series": [5]}]},
    ],
)
def test_damage_is_told(made_run: Callable[..., Run], change: dict[str, object]) -> None:
    with pytest.raises(InputError, match=r"^old\.json: is damaged"):
        from_record(json.loads(to_json(made_run())) | change, "old.json")
