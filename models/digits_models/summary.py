"""What a network costs, layer by layer: shapes, parameters, multiply-adds, memory.

Units, all for one image:

- A **multiply-add** is one product added to a sum, so 2 FLOP. Convolutions and dense layers are
  counted, C_in / groups · k_h · k_w for each output of a convolution and F_in for each of a dense
  layer; biases, pooling and activation functions, a few per cent together, are not.
- **Bytes** of a layer are those of its output; together they are the activations, what would have
  to be held if nothing were freed or done in place.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial

import torch
from torch import Tensor, nn

from digits_models.registry import Architecture


@dataclass(frozen=True)
class Layer:
    """One layer as it runs.

    Attributes:
        name: Where it is in the network, for example `body.conv1`.
        kind: Its class, for example `Conv2d`.
        shape: Shape of its output without the batch.
        parameters: Its trained numbers.
        multiply_adds: See the module.
        bytes: Size of its output.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int
    multiply_adds: int
    bytes: int


@dataclass(frozen=True)
class Summary:
    """All layers of a network in the order in which they run, the canvas's preparation first."""

    name: str
    title: str
    layers: tuple[Layer, ...]

    @property
    def parameters(self) -> int:
        """All trained numbers."""
        return sum(layer.parameters for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        """Size of the trained numbers as float32."""
        return 4 * self.parameters

    @property
    def multiply_adds(self) -> int:
        """Products added up for one image; FLOP are twice as many."""
        return sum(layer.multiply_adds for layer in self.layers)

    @property
    def activation_bytes(self) -> int:
        """Size of all outputs together."""
        return sum(layer.bytes for layer in self.layers)

    def as_dict(self) -> dict[str, object]:
        """Return layers and totals with JSON's types."""
        return {
            "arch": self.name,
            "title": self.title,
            "layers": [asdict(layer) for layer in self.layers],
            "parameters": self.parameters,
            "parameter_bytes": self.parameter_bytes,
            "multiply_adds": self.multiply_adds,
            "flop": 2 * self.multiply_adds,
            "activation_bytes": self.activation_bytes,
        }


def summarise(architecture: Architecture) -> Summary:
    """Run one canvas through a network with random weights and watch its layers.

    (On torch's meta device this would be free for VGG-16, which takes a second and its half
    gigabyte here; but the first use of that device costs all the others six seconds.)
    """
    layers: list[Layer] = []
    with torch.random.fork_rng(devices=[]), torch.inference_mode(), ExitStack() as hooks:
        prepare, network = architecture.prepare(), architecture.build().eval()
        for name, module in _watched(prepare, network):
            hooks.enter_context(module.register_forward_hook(partial(_note, layers, name)))
        network(prepare(torch.zeros(1, 28, 28, dtype=torch.uint8)))
    return Summary(architecture.name, architecture.title, tuple(layers))


def _watched(prepare: nn.Module, network: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The preparation as a whole, and those modules of the network that hold no others."""
    yield "prepare", prepare
    for name, module in network.named_modules():
        if not any(module.children()):
            yield name, module


def _note(
    layers: list[Layer], name: str, module: nn.Module, _: tuple[Tensor, ...], output: Tensor
) -> None:
    """A forward hook: write down what just ran; shared parameters count where they run first."""
    ran_before = any(layer.name == name for layer in layers)
    parameters = 0 if ran_before else sum(p.numel() for p in module.parameters())
    layers.append(
        Layer(
            name=name,
            kind=type(module).__name__,
            shape=tuple(output.shape[1:]),
            parameters=parameters,
            multiply_adds=output.numel() * _products_per_output(module),
            bytes=output.numel() * output.element_size(),
        )
    )


def _products_per_output(module: nn.Module) -> int:
    if isinstance(module, nn.Conv2d):
        height, width = module.kernel_size
        return module.in_channels // module.groups * height * width
    return module.in_features if isinstance(module, nn.Linear) else 0
