"""The networks that are measured on a GPU, in the form that each engine takes."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from digits.bundle import MODEL, open_bundle, shipped
from digits_export import onnx
from digits_export.graphs import Graph
from digits_export.rewrites import rewritten
from digits_export.variants.fp16 import Fp16
from digits_export.variants.variant import Source
from digits_models import registry, weights
from digits_models.classifier import CanvasClassifier

_SIDE = 28


@dataclass(frozen=True)
class Subject:
    """A network: as it ships, or with random weights, which take as long as any.

    Attributes:
        name: Of its architecture.
        module: Canvas uint8 [N, 28, 28] → logits and probabilities, in evaluation mode.
        graph: The same, to export.
        onnx: Its .onnx file in float32.
        flop: Floating-point operations for one canvas; a multiplication and an addition are two.
    """

    name: str
    module: nn.Module
    graph: Graph
    onnx: bytes
    flop: int

    def half(self) -> bytes:
        """Its .onnx file in half precision, as `digits-export --variants fp16` writes it."""
        return Fp16().save(Source(self.graph, self.onnx, _no_canvases))


@cache
def subject(arch: str) -> Subject:
    """The shipped network of that name; one that doesn't ship is built and exported.

    Raises:
        UsageError: There is no such architecture.
    """
    architecture = registry.get(arch)
    torch.manual_seed(0)
    trained = weights.load(arch) if arch in shipped() else None
    network = trained.network if trained else architecture.build()
    temperature = trained.temperature if trained else 1.0
    module = CanvasClassifier(architecture.prepare(), network, temperature).eval()
    outputs = ("logits", "probabilities")
    graph = Graph("model", module, "canvas", ("batch",), outputs, (3, _SIDE, _SIDE))
    model = open_bundle(arch).read(MODEL) if trained else rewritten(onnx.save(graph))
    return Subject(arch, module, graph, model, _flop(module))


def canvases(count: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Random canvases, uint8 [count, 28, 28]."""
    random = np.random.default_rng(count)
    return random.integers(0, 256, (count, _SIDE, _SIDE), dtype=np.uint8)


def _flop(module: nn.Module) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, _SIDE, _SIDE, dtype=torch.uint8))
    return int(counter.get_total_flops())


def _no_canvases() -> Any:
    raise NotImplementedError("half precision needs no calibration")
