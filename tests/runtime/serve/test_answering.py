"""Predictions as JSON."""

import pytest

from digits import Classifier
from digits.bundle import DEFAULT

answering = pytest.importorskip("digits.serve.answering")


def test_any_number_of_labels_keeps_no_more_than_there_are(goldens) -> None:
    """Clients choose the number; what is kept for each would fill the memory."""
    classifier = Classifier.load(DEFAULT, "cpu")
    prediction = classifier.predict(goldens.canvases[0])
    before = answering._line.cache_info().currsize
    texts = {answering.answer(prediction, top_k, canvas=False) for top_k in range(10, 500)}
    assert len(texts) == 1
    assert answering._line.cache_info().currsize <= before + 1
