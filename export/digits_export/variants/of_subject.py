"""The variants of a subject that is being exported, judged on the test set of its data.

Where that isn't at hand, calibration images judge, held out from calibration if there are enough.
Goldens do only where there are none of those, either: many of them are noise, on which integers
needn't agree with float64.
"""

from collections.abc import Callable, Mapping
from functools import cache, partial

from digits.errors import InputError
from digits_export.graphs import Graph
from digits_export.populations import TEST_SET, Extent, extent_of, labelled_test_set
from digits_export.subject import Subject
from digits_export.variants.goldens import Arrays
from digits_export.variants.judge import Ballot
from digits_export.variants.making import Made, make
from digits_export.variants.registry import Wanted
from digits_export.variants.training_images import TrainingImages, training_images
from digits_export.variants.variant import Source

# Training images that activations are observed on; observing a large network takes its time.
_CALIBRATION = 1000
_CALIBRATION_OF_LARGE = 32
# Those that judge where no test set is at hand, at most; a folder's go through the front end.
_JUDGES = 1000

HELD_OUT = "images held out from calibration"
CALIBRATED_ON = "the images calibrated on"
GOLDENS = "goldens"


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
    judges = min(_JUDGES, extent.test)
    images = cache(partial(training_images, subject, wanted.calibration, count, judges))
    source = Source(graph, onnx, lambda: images().canvases)
    ballot = partial(_ballot, subject, wanted, images, goldens, extent)
    return make(wanted, source, ballot, goldens, tolerance, progress)


def _ballot(
    subject: Subject,
    wanted: Wanted,
    images: Callable[[], TrainingImages],
    goldens: Arrays,
    extent: Extent,
) -> Ballot:
    """The test set with its labels; else what `--calibration` names; else the goldens.

    Raises:
        InputError: What it names is of the wrong kind, and variants were asked for by name.
    """
    labelled = labelled_test_set(subject.dataset, subject.canvas)
    if labelled is not None:
        canvases, labels = labelled
        count = extent.test
        return Ballot(TEST_SET, canvases[:count], labels[:count], extent.batch)
    if wanted.calibration is not None:
        try:
            return _of_images(images(), extent)
        except InputError:
            if wanted.named:
                raise
    return Ballot(GOLDENS, goldens["canvas"].astype("uint8"), None, extent.batch)


def _of_images(images: TrainingImages, extent: Extent) -> Ballot:
    name = HELD_OUT if images.held_out else CALIBRATED_ON
    return Ballot(name, images.judges, images.labels, extent.batch)
