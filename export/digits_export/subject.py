"""What is exported: a trained classifier, its front end, and all that a bundle says about them."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import nn

from digits.errors import ModelError
from digits_models import registry
from digits_models.classifier import CanvasClassifier
from digits_models.data import DATASETS, Dataset
from digits_models.front import build_front
from digits_models.weights import Trained

# What the data sets' canvases are.
_CANVAS = (28, 28)


@dataclass(frozen=True)
class Subject:
    """A classifier to export.

    Attributes:
        name: Name of its bundle.
        arch: Name of its architecture, or where a foreign model comes from.
        title: One line for people.
        source: The paper, tutorial or package that the network comes from.
        parameters: The number of trained numbers.
        dataset: What it learnt: the name of a data set, or of a file with labels.
        labels: The classes, in the order of the logits.
        front: Name of its front end.
        front_end: Image uint8 [N, H, W, 3] → canvas, clean, box, evidence; in evaluation mode.
        classifier: Canvas uint8 [N, *canvas] → logits, probabilities; in evaluation mode.
        canvas: Shape of one canvas.
        temperature: What the classifier divides the logits by before the softmax.
        record: What the training wrote down.
        digest: sha256 of the weights.
    """

    name: str
    arch: str
    title: str
    source: str
    parameters: int
    dataset: str
    labels: tuple[str, ...]
    front: str
    front_end: nn.Module
    classifier: nn.Module
    canvas: tuple[int, ...]
    temperature: float
    record: Mapping[str, object]
    digest: str


def trained_subject(trained: Trained) -> Subject:
    """One of the registered networks with its weights.

    Raises:
        ModelError: It learnt a data set whose labels are unknown here.
    """
    architecture = trained.architecture
    dataset = dataset_of(trained)
    front = front_of(trained)
    classifier = CanvasClassifier(architecture.prepare(), trained.network, trained.temperature)
    return Subject(
        name=architecture.name,
        arch=architecture.name,
        title=architecture.title,
        source=architecture.source,
        parameters=architecture.parameters,
        dataset=dataset.name,
        labels=dataset.labels,
        front=front,
        front_end=build_front(front),
        classifier=classifier.eval(),
        canvas=_CANVAS,
        temperature=trained.temperature,
        record=trained.record,
        digest=trained.digest,
    )


def dataset_of(trained: Trained) -> Dataset:
    """The data set that a network learnt, which needn't be its architecture's own.

    Raises:
        ModelError: Its labels are unknown here.
    """
    name = trained.record.get("dataset", trained.architecture.dataset)
    if name not in DATASETS:
        raise ModelError(
            f"the weights of {trained.architecture.name} were trained on {name!r}, "
            f"whose labels are unknown; known data sets: {', '.join(DATASETS)}"
        )
    return DATASETS[str(name)]


def front_of(trained: Trained) -> str:
    """The front end for the images of a network's data set."""
    dataset = dataset_of(trained).name
    architectures = [trained.architecture, *map(registry.get, registry.names())]
    return next(item.front for item in architectures if item.dataset == dataset)
