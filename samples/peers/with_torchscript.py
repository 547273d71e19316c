"""TorchScript in PyTorch, without the modules that it was exported from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

SUFFIX = ".torchscript.pt"


def version() -> str:
    """Name and version."""
    return f"torch {torch.__version__}"


def open_graph(file: Path) -> Callable[[Any], list[Any]]:
    """Open a graph."""
    module: Any = torch.jit.load(str(file), map_location="cpu")  # type: ignore[no-untyped-call]

    def run(pixels: Any) -> list[Any]:
        with torch.no_grad():
            return [output.numpy() for output in module(torch.from_numpy(pixels))]

    return run
