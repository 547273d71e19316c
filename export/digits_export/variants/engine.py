"""Opening variants' files on the CPU, on one thread: what a small device has to spare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.providers import CPU, load_onnxruntime
from digits_export.engines import Outputs
from digits_export.graphs import Graph

_SILENT = 4  # ONNX Runtime's log level: only what ends the process


class OneThread:
    """A file in ONNX Runtime, `.onnx` or `.ort`: it tells which by the contents."""

    def __init__(self, name: str, data: bytes, graph: Graph, *, optimised: bool = True) -> None:
        self.name = name
        self.coarseness = 1.0
        self._input = graph.input
        self._outputs = list(graph.outputs)
        levels = load_onnxruntime().GraphOptimizationLevel
        level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
        self._session = session(data, graph_optimization_level=level)

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the session."""
        results = self._session.run(self._outputs, {self._input: pixels})
        return dict(zip(self._outputs, results, strict=True))


def session(data: bytes, **settings: Any) -> Any:
    """Open a file.

    Args:
        data: Its contents.
        settings: Attributes of ONNX Runtime's SessionOptions, and under `entries` a mapping of its
            configuration entries.
    """
    runtime = load_onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = _SILENT
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    for key, value in settings.pop("entries", {}).items():
        options.add_session_config_entry(key, value)
    for name, value in settings.items():
        setattr(options, name, value)
    return runtime.InferenceSession(data, options, providers=[CPU])
