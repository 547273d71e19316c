"""Whether an export carries the trained numbers, bit for bit.

A wrong weight of a unit that never fires changes no answer, so that no comparison of answers finds
it. This one does.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper
from torch import Tensor, nn

from digits_export import torchscript
from digits_export.rewrites.covering import flattened
from digits_export.rewrites.phases import repeated, spread

# The exporter may fold what these do into the layer before them.
_FOLDED = (nn.modules.batchnorm._NormBase,)
# Single numbers become constants, alone or merged with others; a bias of zeros is left out.
_SMALLEST = 2
# Layouts in which an export may hold a tensor of so many dimensions: every number, and zeros.
_LAYOUTS = {1: (repeated,), 4: (flattened, spread)}


@dataclass(frozen=True)
class Carried:
    """Which of the trained tensors an export holds.

    Attributes:
        file: Name of the file.
        tensors: Number of trained tensors.
        missing: Names of those that aren't in the file as they were trained.
        folds: Whether the network has layers that an exporter folds into others, whose tensors may
            then rightly be missing.
    """

    file: str
    tensors: int
    missing: tuple[str, ...]
    folds: bool

    @property
    def passed(self) -> bool:
        """Whether everything is there that has to be."""
        return self.tensors > 0 and (not self.missing or self.folds)


def carried(file: str, module: nn.Module, data: bytes) -> Carried:
    """Look for a module's trained tensors in its export.

    Args:
        file: Name of the file, which tells the format.
        module: What was exported.
        data: Contents of the .onnx file or the TorchScript archive.
    """
    expected = {
        name: value
        for name, value in module.named_parameters()
        if value.numel() >= _SMALLEST and value.any()
    }
    held = _script(data) if file.endswith(torchscript.SUFFIX) else _onnx(data)
    found = {key for array in held for key in _keys(array)}  # equal tensors may be kept once
    missing = [
        name
        for name, value in expected.items()
        if found.isdisjoint(_layouts(value.detach().cpu().numpy()))
    ]
    folds = any(isinstance(layer, _FOLDED) for layer in module.modules())
    return Carried(file, len(expected), tuple(missing), folds)


def _onnx(data: bytes) -> Iterator[NDArray[np.generic]]:
    for tensor in onnx.load_from_string(data).graph.initializer:
        yield numpy_helper.to_array(tensor)


def _script(data: bytes) -> Iterator[NDArray[np.generic]]:
    script: Any = torchscript.load(data)
    for node in script.graph.findAllNodes("prim::Constant", recurse=True):
        if node.hasAttribute("value") and node.kindOf("value") == "t":
            tensor: Tensor = node.t("value")
            yield tensor.detach().cpu().numpy()


def _layouts(array: NDArray[Any]) -> Iterable[str]:
    """A tensor as it was trained, and as the rules of `digits_export.rewrites` lay it out."""
    return {_key(array), *(_key(layout(array)) for layout in _LAYOUTS.get(array.ndim, ()))}


def _keys(array: NDArray[np.generic]) -> Iterable[str]:
    """A tensor as it is, and a matrix as it would be multiplied from the other side."""
    keys = {_key(array)}
    return keys | {_key(array.T)} if array.ndim == 2 else keys


def _key(array: NDArray[np.generic]) -> str:
    """Two tensors have the same key if they have the same numbers in the same shape."""
    values = np.ascontiguousarray(array)
    return f"{values.dtype} {values.shape} {hashlib.sha256(values.tobytes()).hexdigest()}"
