"""ort: the classifier in ONNX Runtime's own format, the only one that its smallest builds open.

Read by ONNX Runtime 1.16 (2023) and later; older ones may refuse what a newer one wrote. Only basic
optimisations are baked in, which hold for every processor and leave the graph to accelerators such
as CoreML and NNAPI; builds that can optimise further do so when they open it.
"""

import tempfile
from pathlib import Path

from digits.providers import load_onnxruntime
from digits_export.engines import Engine
from digits_export.graphs import Graph
from digits_export.variants.bound import Bound
from digits_export.variants.engine import OneThread, one_thread
from digits_export.variants.kernel_types import in_order
from digits_export.variants.variant import Source


class Ort:
    """The same arithmetic as model.onnx."""

    name = "ort"
    file = "model.ort"
    purpose = "for small builds of ONNX Runtime, which open no .onnx"
    bound = Bound(coarseness=1.0)

    def save(self, source: Source) -> bytes:
        """Let ONNX Runtime write what it opened."""
        basic = load_onnxruntime().GraphOptimizationLevel.ORT_ENABLE_BASIC
        with tempfile.TemporaryDirectory(prefix="digits-") as folder:
            file = Path(folder, self.file)
            one_thread(
                source.onnx,
                graph_optimization_level=basic,
                optimized_model_filepath=str(file),
                entries={"session.save_model_format": "ORT"},
            )
            return in_order(file.read_bytes())

    def load(self, data: bytes, graph: Graph) -> Engine:
        """Open the file."""
        return OneThread(f"ONNX Runtime {self.name}", data, graph)
