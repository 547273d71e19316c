"""Every value inside a TorchScript archive, as its interpreter computes it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from digits_export import torchscript
from digits_export.trace.values import Value, Values


class ScriptInside:
    """A TorchScript archive that tells all that it computes.

    Args:
        archive: Contents of a .torchscript.pt file.
        outputs: Names of its outputs.
    """

    def __init__(self, archive: bytes, outputs: Sequence[str]) -> None:
        self._module: Any = torchscript.load(archive)
        self._outputs = tuple(outputs)
        self._constants = [
            Value(f"constant {name}", tensor.numpy(force=True))
            for name, tensor in (*self._module.named_buffers(), *_constants(self._module.graph))
        ]

    def run(self, pixels: NDArray[np.uint8]) -> Values:
        """All values for one input, uint8, in the order in which they are computed."""
        listener = _Listener()
        jit: Any = torch.jit
        image = torch.from_numpy(pixels)
        # Unoptimised, the interpreter neither fuses operations nor folds constants.
        with torch.no_grad(), jit.optimized_execution(False), listener:
            results = self._module(image)
        results = (results,) if isinstance(results, Tensor) else results
        named = zip(self._outputs, results, strict=True)
        outputs = {name: value.numpy() for name, value in named}
        return Values((*self._constants, *listener.computed), outputs)


class _Listener(TorchDispatchMode):  # type: ignore[no-untyped-call] # the base has no types
    """Hears of every operation that the interpreter calls, in loops and branches, too."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.computed: list[Value] = []

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the operation and keep the tensors that it gives."""
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, Tensor):
                number = len(self.computed)
                # A copy: it may be changed in place.
                self.computed.append(Value(f"{func} {number}", tensor.clone().numpy()))
        return result


def _constants(graph: Any) -> Iterator[tuple[str, Tensor]]:
    """Tensors that freezing wrote into the graph."""
    for node in graph.findAllNodes("prim::Constant"):
        value = node.output()
        if value.type().kind() == "TensorType":
            yield value.debugName(), value.toIValue()
