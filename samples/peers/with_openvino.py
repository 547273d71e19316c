"""OpenVINO on the CPU, which would else compute in bfloat16 where the processor can."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import openvino

SUFFIX = ".onnx"


def version() -> str:
    """Name and version."""
    return f"openvino {openvino.__version__}"


def open_graph(file: Path) -> Callable[[Any], list[Any]]:
    """Open a graph."""
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = openvino.Core().compile_model(str(file), "CPU", options)

    def run(pixels: Any) -> list[Any]:
        results = model([pixels])
        return [results[output] for output in model.outputs]

    return run
