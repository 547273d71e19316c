"""What a variant is: a file made of the classifier, with an engine that runs it and a bound."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from digits_export.engines import Engine
from digits_export.graphs import Graph
from digits_export.inputs import Pixels
from digits_export.variants.bound import Bound


@dataclass(frozen=True)
class Source:
    """What variants are made of.

    Attributes:
        graph: The classifier: canvas uint8 [N, *canvas] → logits, probabilities float32 [N, K].
        onnx: Contents of its model.onnx.
        calibration: Gives canvases of the data that it learnt, uint8 [N, *canvas], checked; raises
            an InputError that says what is wrong with them.
    """

    graph: Graph
    onnx: bytes
    calibration: Callable[[], Pixels]


class Variant(Protocol):
    """A variant; others than ours come through the entry points `digits_edge.variants`.

    Attributes:
        name: What users type.
        file: Name of its file in a bundle. The runtime opens `.onnx` and `.ort`.
        purpose: What it is for, where it is neither smaller nor faster: "for …".
        bound: What it must keep to be written.
    """

    name: str
    file: str
    purpose: str
    bound: Bound

    def save(self, source: Source) -> bytes:
        """Make the file: the same bytes for the same source, without local paths.

        Input and outputs keep their names and dtypes.

        Raises:
            ModelError: The classifier can't be expressed so.
            InputError: What it needs besides the classifier isn't there.
        """
        ...

    def load(self, data: bytes, graph: Graph) -> Engine:
        """Open the file on the CPU, on one thread."""
        ...
