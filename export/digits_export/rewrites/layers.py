"""What rules ask of layers."""

import numpy as np
import onnx_ir

from digits_export.rewrites.values import constant, numbers

# Of the eight numbers with which ONNX pads [N, C, H, W], those for H and W.
_PICTURE = [2, 3, 6, 7]


def plain(convolution: onnx_ir.Node) -> bool:
    """Whether it moves over pictures by single pixels, without groups, gaps or implied padding."""
    attributes = convolution.attributes
    return (
        len(convolution.inputs[1].shape or ()) == 4  # type: ignore[union-attr]
        and set(attributes.get_ints("strides", [1])) == {1}
        and set(attributes.get_ints("dilations", [1])) == {1}
        and attributes.get_int("group", 1) == 1
        and attributes.get_string("auto_pad", "NOTSET") == "NOTSET"
    )


def pads(node: onnx_ir.Node) -> tuple[int, ...]:
    """Pixels that a convolution or pooling adds above, on the left, below and on the right."""
    return tuple(node.attributes.get_ints("pads", [0, 0, 0, 0]))


def unpadded(convolution: onnx_ir.Node) -> bool:
    """Whether it adds no pixels around its input, by numbers or by implication."""
    implied = convolution.attributes.get_string("auto_pad", "NOTSET")
    return not any(pads(convolution)) and implied in ("NOTSET", "VALID")


def halves(pooling: onnx_ir.Node) -> bool:
    """Whether it makes one of each 2×2 pixels, and nothing else."""
    attributes = pooling.attributes
    return (
        [*attributes.get_ints("kernel_shape", [])] == [2, 2]
        and [*attributes.get_ints("strides", [1, 1])] == [2, 2]
        and set(attributes.get_ints("dilations", [1])) == {1}
        and not any(pads(pooling))
        and attributes.get_int("ceil_mode", 0) == 0
        and attributes.get_string("auto_pad", "NOTSET") == "NOTSET"
    )


def frames(border: onnx_ir.Node) -> bool:
    """Whether it adds zeros around pictures, and nothing to their batch or channels."""
    if border.attributes.get_string("mode", "constant") != "constant" or len(border.inputs) != 2:
        return False
    widths = border.inputs[1]
    if widths is None or not constant(widths) or numbers(widths).size != 8:
        return False
    return bool((numbers(widths) >= 0).all()) and not np.delete(numbers(widths), _PICTURE).any()


def frame(border: onnx_ir.Value) -> tuple[int, ...]:
    """The widths of a node that frames, as a convolution gives them."""
    return tuple(int(width) for width in numbers(border)[_PICTURE])
