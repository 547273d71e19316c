"""What a network computes, layer by layer: every operation of a run in PyTorch, with its output.

A layer is a call of torch's interface: a convolution, but also a padding, a division, a rounding
between modules. They are caught while the module runs, so that nothing is traced or compiled: it
takes milliseconds, and any module that runs has layers.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode, resolve_name
from torch.utils._pytree import tree_leaves

_TORCH = Path(torch.__file__).parent
# Between the caller and us: torch's own functions, which call others, and its methods.
_INTERFACE = {
    str(_TORCH / name)
    for name in ("overrides.py", "functional.py", "_tensor.py", "nn/functional.py")
}


@dataclass(frozen=True)
class Layer:
    """One output of one operation.

    Attributes:
        module: Path of the module that it belongs to, "network.body.conv1" for example; empty for
            the whole.
        operation: Name of the operation in PyTorch, "conv2d" for example.
        source: Function, file and line that call it, where that isn't torch itself.
        output: What it gave.
        inputs: Positions of the layers that it reads, in the order of the run.
        first: Whether it reads the input of the whole.
        constant: Whether it is the same for any pixels.
        view: Whether it is what it reads in another shape, or a part of that.
    """

    module: str
    operation: str
    source: str
    output: NDArray[np.generic]
    inputs: tuple[int, ...]
    first: bool
    constant: bool
    view: bool

    @property
    def name(self) -> str:
        """What people call it."""
        place = f" in {self.source}" if self.source else ""
        return f"{self.module or 'forward'}: {self.operation}{place}"


@dataclass(frozen=True)
class Run:
    """A run of a module.

    Attributes:
        layers: What it computed, in order.
        outputs: Positions of the layers that are its outputs, by name; those that are none, such
            as an input that is passed on, are left out.
    """

    layers: tuple[Layer, ...]
    outputs: Mapping[str, int]


def record(module: nn.Module, outputs: Sequence[str], pixels: NDArray[np.uint8]) -> Run:
    """Run a module, and keep what every operation gives.

    Args:
        module: Its floats may have any precision; it isn't changed.
        outputs: Names of its outputs.
        pixels: Its input, uint8.
    """
    image = torch.from_numpy(pixels)
    recorder = _Recorder(image)
    with torch.no_grad(), _watched(module, recorder.path), recorder:
        results = module(image)
    results = (results,) if isinstance(results, Tensor) else results
    places = [recorder.place(value) for value in results]
    named = zip(outputs, places, strict=True)
    return Run(tuple(recorder.layers), {name: at for name, at in named if at is not None})


class _Recorder(TorchFunctionMode):
    """Sees every call of torch's interface, but not those that torch makes within one."""

    def __init__(self, image: Tensor) -> None:
        super().__init__()
        self.layers: list[Layer] = []
        self.path = [""]
        self._image = image
        # The tensors are kept, since another could get the identity of one that is gone.
        self._places: dict[int, tuple[int, Tensor]] = {}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Call the function and keep the tensors that it gives, or writes into."""
        read = [value for value in tree_leaves((args, kwargs)) if isinstance(value, Tensor)]
        inputs = tuple(dict.fromkeys(at for value in read if (at := self.place(value)) is not None))
        first = any(value is self._image for value in read)
        constant = not first and all(self.layers[at].constant for at in inputs)
        memory = {value.untyped_storage().data_ptr(): value._version for value in read}
        result = func(*args, **(kwargs or {}))
        name = _name(func)
        for value in tree_leaves(args[0] if name == "setitem" else result):
            if isinstance(value, Tensor) and not isinstance(value, nn.Parameter):
                self._places[id(value)] = len(self.layers), value
                # Writing in place counts a tensor's version up.
                view = memory.get(value.untyped_storage().data_ptr()) == value._version
                output = value.detach().clone().numpy()  # a copy: it may be changed in place
                found = (self.path[-1], name, _source(), output, inputs, first, constant, view)
                self.layers.append(Layer(*found))
        return result

    def place(self, value: Tensor) -> int | None:
        """Position of the layer that gave a tensor; None for the image and parameters."""
        found = self._places.get(id(value))
        return found and found[0]


@contextmanager
def _watched(module: nn.Module, path: list[str]) -> Iterator[None]:
    """Keep the name of the part that runs at the end of `path`."""

    def enter(name: str) -> Callable[..., None]:
        return lambda *_: path.append(name)

    def leave(*_: object) -> None:
        path.pop()

    hooks = [
        hook
        for name, part in module.named_modules()
        for hook in (
            part.register_forward_pre_hook(enter(name)),
            part.register_forward_hook(leave),
        )
    ]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _name(func: Callable[..., Any]) -> str:
    """`torch.Tensor.__add__` → "add", a property's `torch.Tensor.T.__get__` → "T"."""
    name: str = resolve_name(func) or getattr(func, "__name__", "call")
    parts = name.split(".")
    return parts[-2] if parts[-1] == "__get__" else parts[-1].strip("_")


def _source() -> str:
    """Who calls torch, where that is no module of torch's own."""
    frame = sys._getframe(2)
    while frame.f_back and frame.f_code.co_filename in _INTERFACE:
        frame = frame.f_back
    file = Path(frame.f_code.co_filename)
    if file.is_relative_to(_TORCH):
        return ""
    return f"{frame.f_code.co_name} ({file.name}:{frame.f_lineno})"
