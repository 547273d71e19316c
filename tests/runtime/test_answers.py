"""Answers for whole batches are those of each image alone."""

from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, InputError, Reason
from digits.abstain import reason_to_abstain, reasons_to_abstain
from digits.answers import Answers, answer, predictions
from digits.images import Decoded


@pytest.fixture(scope="module")
def classifier(tiny: Path) -> Classifier:
    return Classifier.load(tiny, provider="cpu")


def image(level: int, width: int, height: int, factor: int = 1) -> Decoded:
    pixels = np.full((height, width, 3), level, np.uint8)
    return Decoded(pixels, (factor * width - 1, factor * height), factor)


def test_images_of_all_sizes(classifier: Classifier) -> None:
    images = [
        image(20, 30, 20),
        InputError("no image"),
        image(200, 20, 30),
        image(90, 30, 20, 4),
        image(30, 30, 20),
    ]
    results = classifier.answers(images, [None, None, "c", None, "e"])
    alone = [classifier.answers([item], [None])[0] for item in images]
    assert results[1] is images[1]
    assert [r.path for r in results if r is not images[1]] == [None, "c", None, "e"]
    for one, other, source in zip(results, alone, images, strict=True):
        if isinstance(source, Decoded):
            assert (one.label, one.reason, one.evidence) == (
                other.label,
                other.reason,
                other.evidence,
            )
            assert one.box == other.box == source.in_whole((0, 0, *source.pixels.shape[1::-1]))
            np.testing.assert_array_equal(one.canvas, other.canvas)
            np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)


def test_moved(classifier: Classifier) -> None:
    placed = [(0, image(20, 30, 20)), (1, InputError("bad"))]
    moved = answer(classifier, placed).moved(2)
    assert [group.places for group in moved.groups] == [[2]]
    assert list(moved.errors) == [3]
    both = Answers(seconds={"front": 1.0})
    both.extend(answer(classifier, placed))
    both.extend(moved)
    labels = [getattr(r, "label", None) for r in predictions(classifier, both, [None] * 4)]
    assert labels == ["0", None, "0", None]
    assert both.seconds["front"] > 1.0


NAMES = ("noise", "present", "others")
NAN = float("nan")


@pytest.mark.parametrize(
    "thresholds",
    [
        {},
        {"confidence": 0.5},
        {"present": 0.5, "others": 0.75, "confidence": 0.5},
        {"others": 0.75, "unknown": 1.0},
    ],
)
@pytest.mark.parametrize("names", [NAMES, NAMES[:2], ()])
def test_reasons_for_many_are_those_for_each(
    thresholds: dict[str, float], names: tuple[str, ...]
) -> None:
    figures = (0.1, 0.5, 0.75, 0.9, NAN)
    rows = [[0.0, present, others] for present in figures for others in figures]
    for confidence in (0.4, 0.5, 0.9, NAN):
        found = reasons_to_abstain(thresholds, names, rows, [confidence] * len(rows))
        expected = [
            reason_to_abstain(thresholds, dict(zip(names, row, strict=False)), confidence)
            for row in rows
        ]
        assert found == expected
    assert reasons_to_abstain({"confidence": 0.5}, names, [[]], [0.1]) == [Reason.UNSURE]
