"""The reference evaluator of ONNX itself: numpy, one operator after another."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
from onnx.reference import ReferenceEvaluator

SUFFIX = ".onnx"


def version() -> str:
    """Name and version."""
    return f"onnx {onnx.__version__}"


def open_graph(file: Path) -> Callable[[Any], list[Any]]:
    """Open a graph."""
    evaluator = ReferenceEvaluator(str(file))
    return lambda pixels: list(evaluator.run(None, {evaluator.input_names[0]: pixels}))
