"""The engines that run a graph, behind one contract: pixels in, named outputs out."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digits.providers import CPU, CUDA
from digits_export import torchscript
from digits_export.graphs import Graph
from digits_export.session import session

Outputs = Mapping[str, NDArray[Any]]

# TF32 keeps 10 bits of the mantissa, float32 23.
_TF32 = 2.0**13


class Engine(Protocol):
    """Runs one graph."""

    name: str
    coarseness: float
    """How many times coarser than float32 it computes on purpose."""

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Input of the graph, uint8, → its outputs by name."""
        ...


class Torch:
    """A module in PyTorch: eager, in the dtype of its weights, or scripted."""

    def __init__(
        self, name: str, module: nn.Module, outputs: Sequence[str], device: str = "cpu"
    ) -> None:
        self.name = name
        self.coarseness = 1.0
        self._module = module
        self._device = device
        self._outputs = tuple(outputs)

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the module without gradients."""
        with torch.no_grad():
            results = self._module(torch.from_numpy(pixels).to(self._device))
        named = zip(self._outputs, results, strict=True)
        return {name: value.cpu().numpy() for name, value in named}

    def logits(self, canvases: Tensor) -> Tensor:
        """The logits of a classifier, which gradients can go through.

        Args:
            canvases: Grey levels in the dtype of the weights, [N, *canvas].
        """
        results = self._module(canvases.to(self._device))
        logits: Tensor = results[self._outputs.index("logits")].cpu()
        return logits


class OnnxRuntime:
    """A graph in ONNX Runtime on one execution provider."""

    def __init__(
        self, name: str, model: bytes, graph: Graph, provider: str, *, tf32: bool = False
    ) -> None:
        cuda = (CUDA, {"use_tf32": str(int(tf32))})
        providers: list[Any] = [cuda, CPU] if provider == CUDA else [CPU]
        self.name = name
        self.coarseness = _TF32 if tf32 else 1.0
        self._input = graph.input
        self._outputs = graph.outputs
        self._session = session(model, providers)

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the session."""
        results = self._session.run(list(self._outputs), {self._input: pixels})
        return dict(zip(self._outputs, results, strict=True))


def truth(graph: Graph) -> Torch:
    """The trained net in float64."""
    return Torch("float64", graph.truth(), graph.outputs)


def exported(graph: Graph, onnx: bytes, script: bytes | None, *, cuda: bool) -> list[Engine]:
    """Every engine that can run the graph here.

    Args:
        graph: The graph.
        onnx: Its ONNX file.
        script: Its TorchScript archive, if there is one.
        cuda: Whether ONNX Runtime can use CUDA.
    """
    engines: list[Engine] = [Torch("torch float32", graph.module, graph.outputs)]
    if script is not None:
        engines.append(Torch("TorchScript", torchscript.load(script), graph.outputs))
    engines.append(OnnxRuntime("ONNX Runtime cpu", onnx, graph, CPU))
    if cuda:
        engines.append(OnnxRuntime("ONNX Runtime cuda", onnx, graph, CUDA))
        if graph.name == "model":  # a front end is always run without
            engines.append(OnnxRuntime("ONNX Runtime cuda TF32", onnx, graph, CUDA, tf32=True))
    return engines


def on_gpu(
    graph: Graph, onnx: bytes, script: bytes | None, device: str = "cuda"
) -> tuple[Torch, list[Engine]]:
    """The truth and the engines that run a graph on a GPU, for networks that a CPU is slow with.

    Args:
        graph: The graph.
        onnx: Its ONNX file.
        script: Its TorchScript archive, if there is one.
        device: What PyTorch calls the GPU.

    Returns:
        The net in float64, and the engines; the first is PyTorch in float32.
    """
    reference = Torch("float64 cuda", graph.truth().to(device), graph.outputs, device)
    eager = deepcopy(graph.module).to(device)
    several: list[Engine] = [Torch("torch float32 cuda", eager, graph.outputs, device)]
    if script is not None:
        scripted = torchscript.load(script, device)
        several.append(Torch("TorchScript cuda", scripted, graph.outputs, device))
    for name, tf32 in (("ONNX Runtime cuda", False), ("ONNX Runtime cuda TF32", True)):
        several.append(OnnxRuntime(name, onnx, graph, CUDA, tf32=tf32))
    return reference, several
