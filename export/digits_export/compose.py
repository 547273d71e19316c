"""Front end and classifier as one graph, made of the two exported ones.

Tracing the front end takes most of an export's time, and both graphs are there already.
"""

from collections.abc import Iterable, Sequence

import onnx_ir
from onnx_ir.passes.common import RemoveUnusedNodesPass

from digits_export import onnx


def chain(front: bytes, model: bytes, outputs: Sequence[str]) -> bytes:
    """The graph that runs the front end and then the classifier on its canvas.

    Args:
        front: Contents of front.onnx.
        model: Contents of model.onnx.
        outputs: Names of the outputs to keep, in their order.

    Returns:
        The contents of an .onnx file, whose weights have the names that the two files give them,
        after `front.` and `classifier.`.
    """
    first, second = onnx.parsed(front), onnx.parsed(model)
    _prefix(first.graph, "front.")
    _prefix(second.graph, "classifier.")
    for i, value in enumerate(_inner(second.graph)):
        value.name = f"classifier.{i}"  # numbered anew below
    found = {value.name: value for value in (*first.graph.outputs, *second.graph.outputs)}
    (canvas,) = second.graph.inputs
    onnx_ir.convenience.replace_all_uses_with(canvas, found["canvas"])
    _move(second.graph, first.graph)
    first.graph.outputs.clear()
    first.graph.outputs.extend(found[name] for name in outputs)
    RemoveUnusedNodesPass()(first)
    return onnx.numbered(first)


def _prefix(graph: onnx_ir.Graph, prefix: str) -> None:
    for value in list(graph.initializers.values()):
        value.name = f"{prefix}{value.name}"


def _inner(graph: onnx_ir.Graph) -> Iterable[onnx_ir.Value]:
    outputs = set(graph.outputs)
    return [value for node in graph for value in node.outputs if value not in outputs]


def _move(source: onnx_ir.Graph, target: onnx_ir.Graph) -> None:
    """Put the nodes and initializers of one graph behind those of another."""
    outputs = list(source.outputs)
    source.outputs.clear()
    nodes = list(source)
    initializers = list(source.initializers.values())
    source.initializers.clear()
    for value in initializers:
        target.register_initializer(value)
    source.remove(nodes)
    target.extend(nodes)
    target.outputs.extend(outputs)
