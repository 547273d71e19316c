"""A trained network as its users would open it in torch."""

import warnings
from typing import Any

import torch
from torch import nn

from digits_export import onnx
from digits_export.graphs import graphs
from digits_export.subject import trained_subject
from digits_models import registry, weights
from digits_models.classifier import CanvasClassifier

ENGINES = ("eager", "script")


def as_it_comes(arch: str) -> bytes:
    """A trained network's classifier as `torch.onnx.export` writes it, without our rewriting.

    Args:
        arch: Name of a network that ships with its weights.

    Raises:
        ModelError: There are no weights.
        UsageError: There is no such network.
    """
    subject = trained_subject(weights.load(registry.get(arch).name))
    return onnx.save(graphs(subject)["model"])


def network(engine: str, arch: str) -> nn.Module:
    """Canvas uint8 [N, 28, 28] → logits and probabilities, in evaluation mode.

    Args:
        engine: "eager", or "script" for TorchScript, frozen and optimised for inference.
        arch: Name of a network that ships with its weights.

    Raises:
        ModelError: There are no weights.
        UsageError: There is no such network.
    """
    trained = weights.load(registry.get(arch).name)
    prepare = trained.architecture.prepare()
    module = CanvasClassifier(prepare, trained.network, trained.temperature).eval()
    return module if engine == "eager" else _scripted(module)


def _scripted(module: nn.Module) -> nn.Module:
    jit: Any = torch.jit
    with warnings.catch_warnings():
        # Deprecated upstream; users have it all the same.
        warnings.simplefilter("ignore")
        scripted: nn.Module = jit.freeze(jit.script(module))
    return scripted
