"""Every value inside an ONNX graph, as ONNX Runtime computes it without its optimisations."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

from digits.errors import ModelError
from digits.providers import load_onnxruntime
from digits_export.rewrites.phases import SPREAD, gathered
from digits_export.session import session
from digits_export.trace.values import Value, Values


class OnnxInside:
    """An ONNX graph that tells all that it computes.

    Args:
        model: Contents of an .onnx file.

    Raises:
        ModelError: ONNX Runtime can't open it.
    """

    def __init__(self, model: bytes) -> None:
        proto = onnx.load_from_string(model)
        graph = proto.graph
        self._input = graph.input[0].name
        self._outputs = [output.name for output in graph.output]
        self._operators = {
            name: node.op_type for node in graph.node for name in node.output if name
        }
        self._constants = [
            Value(f"constant {tensor.name}", numpy_helper.to_array(tensor))
            for tensor in graph.initializer
        ]
        self._spread = _spread(graph.node)
        hidden = [name for name in self._operators if name not in self._outputs]
        graph.output.extend(onnx.ValueInfoProto(name=name) for name in hidden)
        self._session = _session(proto.SerializeToString())

    def run(self, pixels: NDArray[np.uint8]) -> Values:
        """All values for one input, uint8, in the order of the graph."""
        names = list(self._operators)
        found = dict(zip(names, self._session.run(names, {self._input: pixels}), strict=True))
        computed = [
            Value(
                f"{self._operators[name]} {name}",
                gathered(array) if name in self._spread else array,
            )
            for name, array in found.items()
            if isinstance(array, np.ndarray)  # not a sequence
        ]
        outputs = {name: found[name] for name in self._outputs if name in found}
        return Values((*self._constants, *computed), outputs)


def _spread(nodes: Iterable[onnx.NodeProto]) -> set[str]:
    """Names of the values that a convolution spreads over phases, up to where they are pooled."""
    weights: set[str] = set()
    spread: set[str] = set()
    for node in nodes:
        if node.op_type == "Conv" and _is_spread(node.input[1], weights):
            spread.update(node.output)
        elif any(_is_spread(name, weights) for name in node.input):
            weights.update(node.output)
        elif node.op_type != "Reshape" and not spread.isdisjoint(node.input):
            spread.update(node.output)
    return spread


def _is_spread(name: str, weights: set[str]) -> bool:
    """Whether it is a constant that was spread, or computed from one."""
    return name.endswith(SPREAD) or name in weights


def _session(model: bytes) -> Any:
    level = load_onnxruntime().GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        return session(model, graph_optimization_level=level)
    except Exception as error:  # its exceptions have no base of their own
        reason = " ".join(str(error).split())
        raise ModelError(f"ONNX Runtime can't open all values of the graph: {reason}") from error
