"""What the manifest says about giving no label: from the front end and from the training."""

import pytest

from digits.errors import ModelError
from digits_export import manifest


def front(**attributes):
    """A front end with these thresholds."""
    return type("Front", (), attributes)()


def test_thresholds_of_front_end_and_training_travel_together():
    front_end = front(abstain={"present": 0.5, "others": 0.25})
    both = {"present": 0.5, "others": 0.25, "confidence": 0.6}
    assert manifest._abstain(front_end, {"min_confidence": 0.6}) == {"abstain": both}
    assert manifest._abstain(front_end, {}) == {"abstain": {"present": 0.5, "others": 0.25}}


def test_without_thresholds_the_manifest_is_silent():
    front_end = front()
    assert manifest._abstain(front_end, {"temperature": 1.1}) == {}
    assert manifest._abstain(front_end, {"min_confidence": 0}) == {"abstain": {"confidence": 0.0}}


@pytest.mark.parametrize("wrong", [1.1, -0.1, "0.5", True, None, float("nan")])
def test_a_minimum_confidence_that_can_not_be(wrong):
    front_end = front()
    with pytest.raises(ModelError, match=r"min_confidence .*, not a number from 0 to 1"):
        manifest._abstain(front_end, {"min_confidence": wrong})
