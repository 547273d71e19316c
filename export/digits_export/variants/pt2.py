"""pt2: the classifier as a torch.export archive, which takes TorchScript's place upstream."""

import io
import warnings

import torch
from torch.export import Dim

from digits.errors import ModelError
from digits_export.blame import blamed
from digits_export.engines import Engine, Torch
from digits_export.graphs import Graph
from digits_export.variants.bound import Bound
from digits_export.variants.variant import Source

_STACK = "stack_trace"


class Pt2:
    """`torch.export.load(FILE).module()(canvas)` → logits, probabilities; any batch."""

    name = "pt2"
    file = "model.pt2"
    purpose = "for PyTorch where TorchScript is no longer wanted"
    bound = Bound(coarseness=1.0)

    def save(self, source: Source) -> bytes:
        """Export, and forget the example and the source lines, which hold local paths."""
        graph = source.graph
        sizes = {i: Dim(name) for i, name in enumerate(graph.open_sizes)}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                program = torch.export.export(
                    graph.module, (graph.example_input(),), dynamic_shapes=(sizes,)
                )
            except Exception as error:  # its exceptions have no base of their own
                raise ModelError(
                    f"{graph.name} can't be exported to pt2: {blamed(error)}"
                ) from error
            for module in program.graph_module.modules():
                for node in module.graph.nodes if isinstance(module, torch.fx.GraphModule) else ():
                    node.meta.pop(_STACK, None)
            program.example_inputs = None
            file = io.BytesIO()
            torch.export.save(program, file)
        return file.getvalue()

    def load(self, data: bytes, graph: Graph) -> Engine:
        """Open an archive on the CPU."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = torch.export.load(io.BytesIO(data)).module()
        return Torch(f"PyTorch {self.name}", module, graph.outputs)
