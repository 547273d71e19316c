"""What rules ask of a graph's values, and how they write new ones."""

from typing import Any

import numpy as np
import onnx_ir
from numpy.typing import NDArray

Array = NDArray[Any]


def constant(value: onnx_ir.Value) -> bool:
    """Whether its numbers are known before the graph runs."""
    return value.const_value is not None and not value.is_graph_input()


def own(value: onnx_ir.Value) -> bool:
    """Whether it is a constant that one node alone reads, so that its layout may change."""
    return constant(value) and len(value.uses()) == 1


def numbers(value: onnx_ir.Value) -> Array:
    """What a constant holds.

    Raises:
        ValueError: It isn't one.
    """
    if value.const_value is None:
        raise ValueError(f"{value.name} is no constant")
    return value.const_value.numpy()


def producer(value: onnx_ir.Value) -> onnx_ir.Node:
    """The node that a value comes from.

    Raises:
        ValueError: It comes from none: it is an input or an initializer.
    """
    node = value.producer()
    if node is None:
        raise ValueError(f"{value.name} comes from no node")
    return node


def known(value: onnx_ir.Value) -> tuple[int, ...]:
    """The shape behind the batch; empty unless all of it is known."""
    sizes = tuple(value.shape or ())[1:]
    found = tuple(size for size in sizes if isinstance(size, int))
    return found if len(found) == len(sizes) else ()


def held(op: Any, array: Array, name: str) -> onnx_ir.Value:
    """A new constant; the graph must have none of its name."""
    value: onnx_ir.Value = op.initializer(onnx_ir.tensor(np.ascontiguousarray(array)), name)
    return value


def shaped(op: Any, value: Any, sizes: tuple[int, ...], name: str) -> Any:
    """The value in another shape behind the batch, which stays; the new constant needs a name."""
    # 0 keeps the size that is there and, in the shapes of inner values, the batch's name.
    return op.Reshape(value, held(op, np.array([0, *sizes], np.int64), name))
