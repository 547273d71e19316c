"""What `digits eval` computes: counts, intervals, calibration, and which mistakes are the worst."""

import json
import math
import tracemalloc

import numpy as np
import pytest

from digits.accuracy import (
    Answer,
    Score,
    abstained,
    answered,
    by_kind,
    by_label,
    confusion,
    score,
)
from digits.calibration import BINS, calibration_error, reliability
from digits.figures import figures
from digits.intervals import Method, interval, wilson
from digits.mistakes import MOST, Reading, Worst
from digits.outcome import Outcome


def test_wilson_interval() -> None:
    # Reference: statsmodels.stats.proportion.proportion_confint(k, n, method="wilson").
    assert wilson(Score(8, 10)) == pytest.approx((0.4901624715, 0.9433178485), abs=1e-9)
    assert wilson(Score(0, 10)) == pytest.approx((0.0, 0.2775327999), abs=1e-9)
    assert wilson(Score(0, 0)) == (0.0, 1.0)


def test_counts() -> None:
    answers = [Answer("a", "a", "x"), Answer("a", "b"), Answer("b", "b", "y")]
    assert by_label(answers, "ab") == {"a": answers[:2], "b": answers[2:]}
    assert by_kind([*answers, *answers[::-1]]).keys() == {"x", "y"}
    assert confusion(answers, "ab") == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


def test_to_abstain_is_right_where_nothing_is_to_be_read() -> None:
    answers = [
        Answer(None, None, reason="empty"),
        Answer(None, "b"),
        Answer("a", None, reason="unsure"),
        Answer("a", "a"),
    ]
    assert score(answers) == Score(2, 4)
    assert score(answered(answers)) == Score(1, 2)
    assert abstained(answers) == {"empty": 1, "unsure": 1}
    assert confusion(answers, "ab") == [[1, 0, 1], [0, 0, 0], [0, 1, 1]]


def writers(count: int, images: int, wrong: int) -> list[Answer]:
    """Writers of some images each; the first ones of them have all theirs wrong."""
    return [
        Answer("a", "b" if writer < wrong else "a", writer=str(writer))
        for writer in range(count)
        for _ in range(images)
    ]


def test_images_of_one_writer_count_as_one_observation() -> None:
    answers = writers(count=50, images=20, wrong=5)
    sure = interval(answers)
    # The quantiles of the binomial distribution of 50 writers, 90 % of them right: 40 (of which
    # 2,000 draws may make 41) and 49.
    assert (sure.method, sure.writers) == (Method.WRITERS, 50)
    assert (sure.low, sure.high) == pytest.approx((0.81, 0.98), abs=0.011)
    low, high = wilson(score(answers))
    assert high - low < 0.04
    assert interval(answers) == sure


def test_images_without_a_writer_are_their_own() -> None:
    answers = [Answer("a", "a"), Answer("a", "b"), Answer("a", "a", writer="x")]
    assert interval(answers).writers == 3
    assert interval(answers[:2]).writers is None


@pytest.mark.parametrize("wrong", [0, 10])
def test_nothing_is_certain_because_all_writers_agree(wrong: int) -> None:
    answers = writers(count=10, images=3, wrong=wrong)
    sure = interval(answers)
    assert (sure.method, sure.writers) == (Method.WILSON, 10)
    assert (sure.low, sure.high) == wilson(score(answers))


def test_reliability_sorts_answers_into_equal_bins() -> None:
    answers = [
        Answer("a", "a", confidence=1.0),
        Answer("a", "a", confidence=0.94),
        Answer("a", "b", confidence=0.91),
        Answer("a", None, confidence=0.2),
    ]
    bins = reliability(answers)
    assert len(bins) == BINS == 15
    assert [item.images for item in bins] == [0] * 13 + [1, 2]
    assert bins[14].confidence == pytest.approx(0.97)
    assert (bins[14].accuracy, bins[13].accuracy) == (1.0, 0.0)
    assert calibration_error(bins) == pytest.approx((2 * 0.03 + 0.91) / 3)
    assert math.isnan(calibration_error(reliability(answers[3:])))


def outcome(answers: list[Answer]) -> Outcome:
    return Outcome("m", "cpu", ("a", "b"), "d", canvas=False, answers=answers)


def test_figures_are_json_even_where_nothing_is_known() -> None:
    found = figures(outcome([Answer("a", None, reason="empty", confidence=0.5)]))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["ece"] is None
    assert found["accuracy"] == 0.0
    assert found["abstained"] == {"empty": 1}
    assert found["answered"]["accuracy"] is None
    assert found["answered"]["coverage"] == 0.0
    assert found["labels"]["b"]["accuracy"] is None


def test_coverage_and_accuracy_of_what_was_answered() -> None:
    answers = [Answer("a", "a", confidence=0.9)] * 6 + [Answer("a", "b", confidence=0.9)] * 2
    found = figures(outcome([*answers, Answer("a", None), Answer("b", None)]))
    assert (found["accuracy"], found["interval_by"]) == (0.6, "wilson")
    assert (found["answered"]["accuracy"], found["answered"]["coverage"]) == (0.75, 0.8)
    assert found["ece"] == pytest.approx(0.15)


def reading(confidence: float, label: str | None = "b", name: str = "") -> Reading:
    return Reading(name, Answer("a", label, confidence=confidence), np.zeros((28, 28), np.uint8))


def test_the_worst_mistakes_are_the_surest_then_those_not_answered() -> None:
    worst = Worst(4)
    for item in (
        reading(0.3, name="d"),
        reading(1.0, label="a", name="right"),
        reading(0.99, label=None, name="e"),
        reading(0.9, name="b"),
        reading(0.9, name="c"),
        reading(0.95, name="a"),
    ):
        worst.see(item)
    assert [item.name for item in worst] == ["a", "b", "c", "d"]
    assert [item.name for item in worst] == ["a", "b", "c", "d"]


def test_the_pictures_of_few_mistakes_are_kept() -> None:
    worst = Worst()
    tracemalloc.start()
    for step in range(3000):
        batch = np.zeros((4, 200, 200, 3), np.uint8)
        answer = Answer("a", "b", confidence=step / 3000)
        worst.see(Reading(str(step), answer, batch[0, ..., 0], batch[0]))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(list(worst)) == MOST
    assert next(iter(worst)).name == "2999"
    assert held < 1.1 * MOST * 200 * 200 * 4
