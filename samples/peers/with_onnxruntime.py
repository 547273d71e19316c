"""ONNX Runtime on the CPU, as anyone would open a file with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnxruntime

SUFFIX = ".onnx"


def version() -> str:
    """Name and version."""
    return f"onnxruntime {onnxruntime.__version__}"


def open_graph(file: Path) -> Callable[[Any], list[Any]]:
    """Open a graph."""
    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return lambda pixels: list(session.run(None, {name: pixels}))
