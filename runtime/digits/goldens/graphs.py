"""The graphs of a bundle against its goldens, each output by itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.bundle import IMAGE
from digits.classifier import Classifier
from digits.errors import InputError, ModelError
from digits.front import Seen
from digits.goldens.check import GREY_LEVELS, Array, Check, differences, labels
from digits.goldens.reading import GoldenImage, Goldens
from digits.prediction import Prediction
from digits.providers import Provider
from digits.sessions import Assignment, assignment, open_session, run


def check_canvases(classifier: Classifier, goldens: Goldens) -> list[Check]:
    """Check the classifier's graph, all canvases in one batch."""
    tolerance = classifier.bundle.manifest.tolerance
    where = [f"canvas {i}" for i in range(len(goldens.canvases))]
    logits = list(classifier.predict_logits(goldens.canvases))
    found = list(classifier.predict_canvases(goldens.canvases))
    true_logits, truth = list(goldens.logits), list(goldens.probabilities)
    allowed = [tolerance["logits"]] * len(where)
    return [
        differences("logits", logits, true_logits, allowed=tolerance["logits"], where=where),
        differences("probabilities", found, truth, allowed=tolerance["probabilities"], where=where),
        labels("labels", found, truth, allowed, where=where, scores=true_logits),
    ]


def check_images(classifier: Classifier, images: Sequence[GoldenImage]) -> list[Check]:
    """Check the front end, and the labels through both graphs.

    A canvas may differ by a grey level where a value lies between two; so that this doesn't pass
    for an error of the classifier, its probabilities are compared on the golden canvases.
    """
    tolerance = classifier.bundle.manifest.tolerance
    where = [image.name for image in images]
    seen = [_must(item) for item in classifier.see([image.pixels for image in images])]
    truth = [image.probabilities for image in images]
    exact = list(classifier.predict_canvases(canvas_batch(classifier, images)))
    through = list(classifier.predict_canvases(canvas_batch(classifier, seen)))
    return [
        *_front(tolerance, images, seen),
        differences(
            "image probabilities", exact, truth, allowed=tolerance["probabilities"], where=where
        ),
        flips("image labels", classifier, through, images),
    ]


def check_combined(
    classifier: Classifier, images: Sequence[GoldenImage]
) -> tuple[list[Check], Assignment]:
    """Check the graph that chains both, which other languages use; also where its nodes ran."""
    tolerance = classifier.bundle.manifest.tolerance
    provider = Provider(classifier.provider)
    session = open_session(classifier.bundle, IMAGE, provider, 1, strict=False)
    outputs = ["probabilities", "canvas", "clean", "box", "evidence"]
    runs = [run(session, outputs, {"image": image.pixels[None]}, IMAGE) for image in images]
    found = [_only(item) for item in runs]
    seen = [Seen(canvas, clean, box, evidence) for _, canvas, clean, box, evidence in found]
    own = list(classifier.predict_canvases(canvas_batch(classifier, seen)))
    checks = [
        *_front(tolerance, images, seen, f"{IMAGE} "),
        differences(
            f"{IMAGE} probabilities",
            [answer for answer, *_ in found],
            own,
            # Both may be off by the bound, in opposite directions.
            allowed=2 * tolerance["probabilities"],
            where=[image.name for image in images],
        ),
        flips(f"{IMAGE} labels", classifier, [answer for answer, *_ in found], images),
    ]
    return checks, assignment(session)


def flips(
    name: str, classifier: Classifier, found: Sequence[Array], images: Sequence[GoldenImage]
) -> Check:
    """Compare the labels of images."""
    allowed = [classifier.bundle.manifest.tolerance["probabilities"]] * len(images)
    truth = [image.probabilities for image in images]
    return labels(name, found, truth, allowed, where=[image.name for image in images])


def canvas_batch(
    classifier: Classifier, items: Sequence[Seen | GoldenImage | Prediction]
) -> NDArray[np.uint8]:
    """The canvases of the items in one array."""
    shape = classifier.bundle.manifest.canvas_shape
    for item in items:
        if item.canvas.shape != shape:
            raise ModelError(
                f"{classifier.name}: a canvas is {list(item.canvas.shape)}, the manifest says "
                f"{list(shape)}: export the model again"
            )
    return np.array([item.canvas for item in items], np.uint8).reshape(len(items), *shape)


def _front(
    tolerance: Mapping[str, float],
    images: Sequence[GoldenImage],
    seen: Sequence[Seen],
    prefix: str = "",
) -> list[Check]:
    where = [image.name for image in images]
    return [
        differences(
            f"{prefix}canvas",
            [item.canvas for item in seen],
            [image.canvas for image in images],
            tolerance["canvas"],
            GREY_LEVELS,
            where=where,
        ),
        differences(
            f"{prefix}box",
            [item.box for item in seen],
            [image.box for image in images],
            tolerance["box"],
            "of the larger side",
            where=where,
            scales=[max(image.pixels.shape[:2]) for image in images],
        ),
        differences(
            f"{prefix}evidence",
            [item.evidence for item in seen],
            [image.evidence for image in images],
            tolerance["evidence"],
            where=where,
        ),
    ]


def _only(arrays: list[Any]) -> list[Any]:
    """The answer to the only image of a batch."""
    for array in arrays:
        if array.shape[:1] != (1,):
            raise ModelError(f"{IMAGE} answers one image with an array {list(array.shape)}")
    return [array[0] for array in arrays]


def _must(item: Seen | InputError) -> Seen:
    if isinstance(item, Seen):
        return item
    raise ModelError(f"a golden image can't be read: {item}")
