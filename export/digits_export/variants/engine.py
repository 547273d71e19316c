"""Opening variants' files on the CPU, on one thread: what a small device has to spare."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.providers import load_onnxruntime
from digits_export.engines import Outputs
from digits_export.graphs import Graph
from digits_export.session import session


class OneThread:
    """A file in ONNX Runtime, `.onnx` or `.ort`: it tells which by the contents."""

    def __init__(self, name: str, data: bytes, graph: Graph, *, optimised: bool = True) -> None:
        self.name = name
        self.coarseness = 1.0
        self._input = graph.input
        self._outputs = list(graph.outputs)
        levels = load_onnxruntime().GraphOptimizationLevel
        level = levels.ORT_ENABLE_ALL if optimised else levels.ORT_DISABLE_ALL
        self._session = one_thread(data, graph_optimization_level=level)

    def run(self, pixels: NDArray[np.uint8]) -> Outputs:
        """Run the session."""
        results = self._session.run(self._outputs, {self._input: pixels})
        return dict(zip(self._outputs, results, strict=True))


def one_thread(data: bytes, **settings: Any) -> Any:
    """Open a file on one thread; for the settings see `digits_export.session`."""
    return session(data, intra_op_num_threads=1, inter_op_num_threads=1, **settings)
