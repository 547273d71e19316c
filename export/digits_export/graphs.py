"""What a bundle exports: the graphs, their signatures, and the modules behind them."""

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from digits_export.subject import Subject

# Example sizes for tracing; all differ, so that none is taken for another.
_CANVASES = 3
_IMAGES = (2, 57, 64, 3)


class ImageClassifier(nn.Module):
    """Front end and classifier in one: image → probabilities, canvas, clean, box, evidence."""

    def __init__(self, front: nn.Module, classifier: nn.Module) -> None:
        super().__init__()
        self.front = front
        self.classifier = classifier

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Image uint8 [N, H, W, 3] → probabilities float [N, 10] and the front end's outputs."""
        canvas, clean, box, evidence = self.front(image)
        _, probabilities = self.classifier(canvas)
        return probabilities, canvas, clean, box, evidence


@dataclass(frozen=True)
class Graph:
    """One graph to export.

    Attributes:
        name: Name of its files, without the suffix.
        module: What it computes, in evaluation mode.
        input: Name of its input.
        open_sizes: Names of the input's leading dimensions, whose sizes stay open.
        outputs: Names of its outputs.
        example: Shape of an input to trace with.
    """

    name: str
    module: nn.Module
    input: str
    open_sizes: tuple[str, ...]
    outputs: tuple[str, ...]
    example: tuple[int, ...]

    def example_input(self) -> Tensor:
        """A random input, uint8."""
        generator = torch.Generator().manual_seed(0)
        return torch.randint(0, 256, self.example, generator=generator, dtype=torch.uint8)

    def truth(self) -> nn.Module:
        """The module in float64: what every engine is measured against."""
        return deepcopy(self.module).double()


FRONT_OUTPUTS = ("canvas", "clean", "box", "evidence")


def graphs(subject: Subject) -> Mapping[str, Graph]:
    """The graphs of a classifier, by name: model, front and image."""
    front, classifier = subject.front_end, subject.classifier
    sizes = ("batch", "height", "width")
    outputs = ("logits", "probabilities")
    several = (
        Graph("model", classifier, "canvas", ("batch",), outputs, (_CANVASES, *subject.canvas)),
        Graph("front", front, "image", sizes, FRONT_OUTPUTS, _IMAGES),
        Graph(
            "image",
            ImageClassifier(front, classifier).eval(),
            "image",
            sizes,
            ("probabilities", *FRONT_OUTPUTS),
            _IMAGES,
        ),
    )
    return {graph.name: graph for graph in several}
