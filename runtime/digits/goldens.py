"""Replaying a bundle's goldens: does it answer here as the trained net did in float64?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits.arrays import Arrays, read_arrays
from digits.bundle import GOLDENS, IMAGE, Bundle
from digits.classifier import Classifier
from digits.errors import InputError, ModelError
from digits.front import Seen
from digits.providers import Provider
from digits.sessions import open_session, run


@dataclass(frozen=True)
class Check:
    """One kind of output, compared over all goldens.

    Attributes:
        name: What was compared.
        compared: On how many goldens.
        worst: The largest difference.
        tolerance: The largest allowed difference.
        unit: What the two are measured in.
    """

    name: str
    compared: int
    worst: float
    tolerance: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing differed too much; NaN fails."""
        return self.compared > 0 and self.worst <= self.tolerance


def replay(classifier: Classifier) -> list[Check]:
    """Run all goldens of the classifier's bundle and compare.

    Raises:
        ModelError: The bundle has no goldens, or they can't be read.
    """
    bundle = classifier.bundle
    arrays = _load(bundle)
    try:
        count = sum(f"image_{i}" in arrays for i in range(len(arrays)))
        goldens = [_golden(arrays, i) for i in range(count)]
        checks = [*_canvases(classifier, arrays), *_images(classifier, goldens)]
        return [*checks, *_combined(classifier, goldens)]
    except KeyError as error:
        raise ModelError(f"{bundle.directory / GOLDENS}: {error} is missing") from error
    except (TypeError, ValueError, IndexError, ArithmeticError, InputError) as error:
        raise ModelError(
            f"{bundle.directory / GOLDENS}: {error}: export the model again"
        ) from error


def _load(bundle: Bundle) -> Arrays:
    try:
        return read_arrays(bundle.read(GOLDENS))
    except ValueError as error:
        raise ModelError(
            f"{bundle.directory / GOLDENS}: {error}: export the model again"
        ) from error


def _canvases(classifier: Classifier, arrays: Arrays) -> list[Check]:
    tolerance = classifier.bundle.manifest.tolerance
    canvases = arrays["canvas"].astype(np.uint8, casting="no")
    truth = arrays["probabilities"]
    probabilities = classifier.predict_canvases(canvases)
    logits = classifier.predict_logits(canvases)
    count = len(canvases)
    return [
        Check("logits", count, _worst(logits, arrays["logits"]), tolerance["logits"], ""),
        Check("probabilities", count, _worst(probabilities, truth), tolerance["probabilities"], ""),
        Check("labels", count, _flips(probabilities, truth), 0, "flips"),
    ]


def _images(classifier: Classifier, goldens: list[Arrays]) -> list[Check]:
    """Check the front end, and the labels through both graphs.

    A canvas may differ by a grey level where a value lies between two; so that this doesn't pass
    for an error of the classifier, its probabilities are compared on the golden canvases.
    """
    tolerance = classifier.bundle.manifest.tolerance
    count = len(goldens)
    images = [golden["image"].astype(np.uint8, casting="no") for golden in goldens]
    seen = [_must(item) for item in classifier.see(images)]
    pairs = list(zip(seen, goldens, strict=True))
    truth = _stack([golden["probabilities"] for golden in goldens])
    exact = classifier.predict_canvases(_canvas_batch(classifier, [g["canvas"] for g in goldens]))
    through = classifier.predict_canvases(_canvas_batch(classifier, [s.canvas for s in seen]))

    def worst(name: str) -> float:
        return _largest([_worst(getattr(s, name), g[name]) for s, g in pairs])

    box = _largest([_worst(s.box, g["box"]) / max(g["image"].shape) for s, g in pairs])
    return [
        Check("canvas", count, worst("canvas"), tolerance["canvas"], "grey levels"),
        Check("box", count, box, tolerance["box"], "of the larger side"),
        Check("evidence", count, worst("evidence"), tolerance["evidence"], ""),
        Check("image probabilities", count, _worst(exact, truth), tolerance["probabilities"], ""),
        Check("image labels", count, _flips(through, truth), 0, "flips"),
    ]


def _combined(classifier: Classifier, goldens: list[Arrays]) -> list[Check]:
    """Check the graph that chains both, which other languages use, where the bundle has it."""
    bundle = classifier.bundle
    if IMAGE not in bundle.manifest.files:
        return []
    session = open_session(bundle, IMAGE, Provider(classifier.provider), 1, strict=False)
    runs = [
        run(session, ["probabilities", "canvas"], {"image": golden["image"][None]}, IMAGE)
        for golden in goldens
    ]
    flips = sum(
        _flips(found[0][0], g["probabilities"]) for found, g in zip(runs, goldens, strict=True)
    )
    canvas = _largest(
        [_worst(found[1][0], g["canvas"]) for found, g in zip(runs, goldens, strict=True)]
    )
    allowed = bundle.manifest.tolerance["canvas"]
    return [
        Check(f"{IMAGE} canvas", len(goldens), canvas, allowed, "grey levels"),
        Check(f"{IMAGE} labels", len(goldens), flips, 0, "flips"),
    ]


def _golden(arrays: Arrays, index: int) -> Arrays:
    prefix = f"image_{index}"
    fields = ("canvas", "box", "evidence", "probabilities")
    image = arrays[prefix].astype(np.uint8, casting="no")
    if image.ndim != 3 or image.shape[2] != 3 or not image.size:
        raise ValueError(f"{prefix} has the shape {list(image.shape)}, which is no image")
    return {"image": image} | {name: arrays[f"{prefix}_{name}"] for name in fields}


def _canvas_batch(classifier: Classifier, canvases: list[NDArray[np.generic]]) -> NDArray[np.uint8]:
    shape = (len(canvases), *classifier.bundle.manifest.canvas_shape)
    return np.array(canvases, np.uint8).reshape(shape)


def _stack(rows: list[NDArray[np.generic]]) -> NDArray[np.float64]:
    return np.array(rows, np.float64).reshape(len(rows), -1)


def _must(item: object) -> Seen:
    if isinstance(item, Seen):
        return item
    raise ModelError(f"a golden image can't be read: {item}")


def _worst(found: object, truth: NDArray[np.generic]) -> float:
    """The largest absolute difference; infinite if the shapes differ, so that it fails."""
    values = np.asarray(found, np.float64)
    if values.shape != truth.shape:
        return float("inf")
    return float(np.abs(values - truth.astype(np.float64)).max(initial=0.0))


def _largest(differences: list[float]) -> float:
    """The largest difference; NaN if one is, which Python's max would lose."""
    return float(np.max(differences, initial=0.0))


def _flips(found: NDArray[np.float32], truth: NDArray[np.generic]) -> float:
    """How many labels differ."""
    if found.shape != truth.shape:
        return float("inf")
    return float((found.argmax(axis=-1) != truth.argmax(axis=-1)).sum()) if found.size else 0.0
