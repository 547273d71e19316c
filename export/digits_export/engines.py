"""The engines that run a graph, behind one contract: pixels in, named outputs out."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from digits.providers import CPU, CUDA, load_onnxruntime
from digits_export import torchscript
from digits_export.graphs import Graph

Outputs = Mapping[str, NDArray[Any]]

_SILENT = 4  # ONNX Runtime's log level: only what ends the process


class Engine(Protocol):
    """Runs one graph."""

    name: str

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Input of the graph, uint8, → its outputs by name."""
        ...


class Torch:
    """A module in PyTorch: eager, in the dtype of its weights, or scripted."""

    def __init__(self, name: str, module: nn.Module, outputs: Sequence[str]) -> None:
        self.name = name
        self._module = module
        self._outputs = tuple(outputs)

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the module without gradients."""
        with torch.no_grad():
            results = self._module(torch.from_numpy(pixels))
        return {name: value.numpy() for name, value in zip(self._outputs, results, strict=True)}


class OnnxRuntime:
    """A graph in ONNX Runtime on one execution provider."""

    def __init__(self, name: str, model: bytes, graph: Graph, provider: str) -> None:
        runtime = load_onnxruntime()
        options = runtime.SessionOptions()
        options.log_severity_level = _SILENT
        # TF32 keeps 10 bits of the mantissa, which is no float32.
        providers: list[Any] = [(CUDA, {"use_tf32": "0"}), CPU] if provider == CUDA else [CPU]
        self.name = name
        self._input = graph.input
        self._outputs = graph.outputs
        self._session = runtime.InferenceSession(model, options, providers=providers)

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
    return engines
