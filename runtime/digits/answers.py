"""From decoded images to answers: arrays for a whole batch first, objects for its rows last.

What costs time for each image is done for many at once; between processes only the arrays travel.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digits.abstain import reasons_to_abstain
from digits.errors import InputError
from digits.front import SeenBatch, same_size
from digits.images import Decoded
from digits.prediction import Prediction

if TYPE_CHECKING:
    from digits.classifier import Classifier


@dataclass(frozen=True, eq=False)
class Group:
    """Images of one size that went through the front end together, a row for each.

    Attributes:
        places: Where each stands in its batch.
        seen: What the front end made of them.
        boxes: float64 [n, 4], in pixels of the whole images.
        probabilities: float32 [n, labels].
    """

    places: list[int]
    seen: SeenBatch
    boxes: NDArray[np.float64]
    probabilities: NDArray[np.float32]


@dataclass(eq=False)
class Answers:
    """What is known about the images of a batch: groups of answers, and errors by place.

    Attributes:
        groups: Answers.
        errors: Why there is none, by place.
        seconds: What it took, by stage.
    """

    groups: list[Group] = field(default_factory=list)
    errors: dict[int, InputError] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def extend(self, others: "Answers") -> None:
        """Add those about other images of the same batch."""
        self.groups += others.groups
        self.errors |= others.errors
        for stage, seconds in others.seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + seconds

    def moved(self, by: int) -> "Answers":
        """The same with other places."""
        groups = [replace(group, places=[by + p for p in group.places]) for group in self.groups]
        errors = {by + place: error for place, error in self.errors.items()}
        return Answers(groups, errors, self.seconds)


Placed = tuple[int, Decoded | InputError]


def answer(classifier: "Classifier", images: Sequence[Placed]) -> Answers:
    """Run the front end and the classifier on decoded images; errors are passed through.

    Args:
        classifier: Reads them.
        images: Each with its place in the batch.

    Raises:
        ModelError: The model fails, or its graphs don't fit each other.
    """
    good: list[tuple[int, Decoded]] = []
    errors: dict[int, InputError] = {}
    for place, image in images:
        if isinstance(image, Decoded):
            good.append((place, image))
        else:
            errors[place] = image
    started = perf_counter()
    seen = list(_seen(classifier, good, errors))
    between = perf_counter()
    groups = list(_classified(classifier, seen))
    return Answers(groups, errors, {"front": between - started, "net": perf_counter() - between})


_Sight = tuple[list[tuple[int, Decoded]], SeenBatch]


def _seen(
    classifier: "Classifier", images: list[tuple[int, Decoded]], errors: dict[int, InputError]
) -> Iterator[_Sight]:
    for indices in same_size([image.pixels for _, image in images]):
        group = [images[index] for index in indices]
        try:
            yield group, classifier.see_batch([image.pixels for _, image in group])
        except InputError as error:
            errors.update({place: error for place, _ in group})


def _classified(classifier: "Classifier", seen: list[_Sight]) -> Iterator[Group]:
    if not seen:
        return
    canvases = [batch.canvas for _, batch in seen]
    rows = classifier.predict_canvases(canvases[0] if len(seen) == 1 else np.concatenate(canvases))
    rows.setflags(write=False)
    start = 0
    for images, batch in seen:
        end = start + len(images)
        boxes = _in_whole(batch.box, [image for _, image in images])
        yield Group([place for place, _ in images], batch, boxes, rows[start:end])
        start = end


def _in_whole(boxes: NDArray[np.float32], images: list[Decoded]) -> NDArray[np.float64]:
    """Boxes in decoded pixels [n, 4] as boxes in those of the whole images, as `Decoded` does."""
    kinds = {(image.factor, image.size) for image in images}
    if len(kinds) == 1:
        factor, (width, height) = kinds.pop()
        return np.minimum(factor * boxes.astype(np.float64), (width, height, width, height))
    factors = np.array([image.factor for image in images], np.float64)[:, None]
    limits = np.array([image.size * 2 for image in images], np.float64)
    return np.minimum(factors * boxes, limits)


def predictions(
    classifier: "Classifier", answers: Answers, names: Sequence[str | None]
) -> list[Prediction | InputError]:
    """One object for each image of a batch, in order.

    Args:
        classifier: What read them.
        answers: What it said about each of them.
        names: Where each image comes from.
    """
    results: dict[int, Prediction | InputError] = dict(answers.errors)
    for group in answers.groups:
        results.update(_predictions(classifier, group, names))
    return [results[place] for place in range(len(names))]


def _predictions(
    classifier: "Classifier", group: Group, names: Sequence[str | None]
) -> Iterator[tuple[int, Prediction]]:
    best = group.probabilities.argmax(axis=1)
    confidences = group.probabilities[np.arange(len(best)), best].tolist()
    evidence = group.seen.evidence.tolist()
    figures = classifier.bundle.manifest.evidence
    reasons = reasons_to_abstain(classifier.thresholds, figures, evidence, confidences)
    labels, model, variant = classifier.labels, classifier.name, classifier.variant
    rows = zip(
        group.places,
        best.tolist(),
        confidences,
        reasons,
        map(tuple, group.boxes.tolist()),
        evidence,
        group.probabilities,
        group.seen.canvas,
        group.seen.clean,
        strict=True,
    )
    for place, index, confidence, reason, box, figure, probabilities, canvas, clean in rows:
        yield (
            place,
            # By position, in the order of its fields: names would take a microsecond more.
            Prediction(
                labels[index] if reason is None else None,
                confidence,
                probabilities,
                labels,
                canvas,
                clean,
                box,
                dict(zip(figures, figure, strict=False)),
                classifier.provider,
                model,
                names[place],
                reason,
                variant,
            ),
        )
