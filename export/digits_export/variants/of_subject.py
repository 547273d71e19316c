"""The variants of a subject that is being exported, judged on the test set of its data."""

from collections.abc import Callable, Mapping
from functools import partial

from digits_export.graphs import Graph
from digits_export.populations import TEST_SET, Extent, extent_of, labelled_test_set
from digits_export.subject import Subject
from digits_export.variants.goldens import Arrays
from digits_export.variants.judge import Ballot
from digits_export.variants.making import Made, make
from digits_export.variants.registry import Wanted
from digits_export.variants.training_images import training_images
from digits_export.variants.variant import Source

# Training images that activations are observed on; observing a large network takes its time.
_CALIBRATION = 1000
_CALIBRATION_OF_LARGE = 32


def variants_of(
    wanted: Wanted,
    subject: Subject,
    graph: Graph,
    onnx: bytes,
    *,
    goldens: Arrays,
    tolerance: Mapping[str, float],
    progress: Callable[[str], None] = lambda _: None,
) -> Made:
    """Make the variants of a classifier that are wanted.

    Args:
        wanted: Which ones.
        subject: The classifier.
        graph: Its graph.
        onnx: Contents of its model.onnx.
        goldens: Its goldens.
        tolerance: The tolerance of model.onnx on them, by output.
        progress: Is told what happens next.

    Raises:
        InputError: One that was asked for by name lacks something, such as calibration images.
        ModelError: The classifier can't be expressed as one that was asked for by name.
    """
    extent = extent_of(subject.classifier, subject.canvas)
    large = extent.test < _CALIBRATION
    count = _CALIBRATION_OF_LARGE if large else _CALIBRATION
    calibration = partial(training_images, subject, wanted.calibration, count)
    source = Source(graph, onnx, calibration)
    ballot = partial(_ballot, subject, goldens, extent)
    return make(wanted, source, ballot, goldens, tolerance, progress)


def _ballot(subject: Subject, goldens: Arrays, extent: Extent) -> Ballot:
    """The test set with its labels; the goldens where it isn't at hand, as in the proof."""
    labelled = labelled_test_set(subject.dataset, subject.canvas)
    if labelled is None:
        return Ballot("goldens", goldens["canvas"].astype("uint8"), None, extent.batch)
    canvases, labels = labelled
    count = extent.test
    return Ballot(TEST_SET, canvases[:count], labels[:count], extent.batch)
