"""The whole chain, from a file's bytes to a label: through torch, and through what ships.

Each stage is compared on its own, so that a difference shows where it arises: decoding as the
runtime does and as a training does, the canvas, the network on that canvas, the label at the end.
"""

import io
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from digits import Classifier, Prediction
from digits.images import load_pixels
from digits_export import directory
from digits_export.subject import Subject


@dataclass(frozen=True)
class Stage:
    """One stage of the chain, over all files.

    Attributes:
        name: "decoding", "canvas", "probabilities" or "labels".
        compared: Number of files.
        worst: The largest difference.
        typical: Root mean square of the files' largest differences.
        allowed: The largest allowed difference.
        unit: What they are measured in.
    """

    name: str
    compared: int
    worst: float
    typical: float
    allowed: float
    unit: str

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing differed too much; NaN fails."""
        return self.compared > 0 and self.worst <= self.allowed


@dataclass(frozen=True)
class _Link:
    """What the torch side and the runtime made of one file."""

    decoding: float
    canvas: float
    probabilities: float
    labels: float


def follow(
    subject: Subject, files: Mapping[str, bytes], images: Mapping[str, bytes]
) -> list[Stage]:
    """Read image files with the runtime and in torch, and compare stage by stage.

    Args:
        subject: The classifier.
        files: Contents of its bundle, the manifest among them.
        images: Contents of image files, by name.
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder, subject.name)
        directory.replace(place, files)
        classifier = Classifier.load(place, "cpu", abstain=False)
        tolerance = classifier.bundle.manifest.tolerance
        links = [_link(subject, classifier, data) for data in images.values()]
    return [
        _stage("decoding", [link.decoding for link in links], 0.0, "grey levels"),
        _stage("canvas", [link.canvas for link in links], tolerance["canvas"], "grey levels"),
        _stage(
            "probabilities", [link.probabilities for link in links], tolerance["probabilities"], ""
        ),
        _stage("labels", [link.labels for link in links], 0.0, "flips"),
    ]


def _stage(name: str, worst: list[float], allowed: float, unit: str) -> Stage:
    typical = float(np.sqrt(np.mean(np.square(worst)))) if worst else 0.0
    return Stage(name, len(worst), float(np.max(worst, initial=0.0)), typical, allowed, unit)


def _link(subject: Subject, classifier: Classifier, data: bytes) -> _Link:
    answer = classifier.predict(data)
    pixels = load_pixels(data)
    other = _decoded(data)
    with torch.no_grad():
        canvas = subject.front_end(torch.from_numpy(other)[None])[0]
        _, whole = subject.classifier(canvas)
        _, same = subject.classifier(torch.from_numpy(answer.canvas.copy())[None])
    return _Link(
        decoding=_worst(other, pixels),
        canvas=_worst(canvas[0].numpy(), answer.canvas),
        probabilities=_worst(same[0].numpy(), answer.probabilities),
        labels=float(int(whole.argmax()) != _best(answer)),
    )


def _best(answer: Prediction) -> int:
    return int(np.argmax(answer.probabilities))


def _decoded(data: bytes) -> NDArray[np.uint8]:
    """RGB uint8 [H, W, 3] as data sets are loaded for training: by Pillow and nothing else."""
    with Image.open(io.BytesIO(data)) as image:
        upright = ImageOps.exif_transpose(image)
    if upright.has_transparency_data:
        paper = Image.new("RGBA", upright.size, "white")
        upright = Image.alpha_composite(paper, upright.convert("RGBA"))
    return np.array(upright.convert("RGB"))


def _worst(found: NDArray[np.generic], expected: NDArray[np.generic]) -> float:
    if found.shape != expected.shape:
        return float("inf")
    difference = np.asarray(found, np.float64) - np.asarray(expected, np.float64)
    return float(np.abs(difference).max(initial=0.0))
