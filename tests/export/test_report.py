"""What the model card says of a training."""

import pytest

from digits_export import report


@pytest.mark.parametrize(
    ("limit", "said"), [(0, "11.00%"), (200, "11.00% of 200 images")], ids=["whole", "limited"]
)
def test_the_accuracy_of_a_limited_training_says_of_how_many_images(limit, said):
    images = {"test": limit or 10_000}
    record = {"accuracy": {"test": 0.11}, "arguments": {"limit": limit}, "images": images}
    assert report._training(record)["test accuracy (canvases as they are)"] == said
