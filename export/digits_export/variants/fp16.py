"""fp16: the classifier's ONNX with weights and arithmetic in half precision.

ONNX Runtime's own converter does it, as Olive does: onnxconverter-common, which it descends from,
is hardly kept any more.
"""

import logging
import warnings

import onnx_ir
from onnx_ir.passes.common import RemoveUnusedNodesPass
from onnxscript.optimizer import fold_constants

from digits.errors import ModelError
from digits_export.engines import Engine
from digits_export.graphs import Graph
from digits_export.onnx import parsed, reproducible
from digits_export.variants.bound import HALF, Bound
from digits_export.variants.engine import OneThread
from digits_export.variants.variant import Source

_LARGEST = 65504.0  # of float16; the converter's own limit cuts weights at 10,000
_SMALLEST = 5.97e-8
# Its sums are coarse in half precision, and ONNX Runtime 1.16 doesn't open it.
_KEPT = ("Softmax",)


class Fp16:
    """Half the size; canvas, logits and probabilities keep their dtypes."""

    name = "fp16"
    file = "model.fp16.onnx"
    purpose = "for processors and accelerators that compute in half precision"
    bound = Bound(coarseness=HALF, drop=0.0005)

    def save(self, source: Source) -> bytes:
        """Convert, with casts where the graph begins and ends."""
        from onnxruntime.transformers import float16

        model = onnx_ir.to_proto(_folded(source.onnx))
        (opset,) = (entry.version for entry in model.opset_import if not entry.domain)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            logging.disable(logging.WARNING)
            try:
                half = float16.convert_float_to_float16(
                    model,
                    keep_io_types=True,
                    min_positive_val=_SMALLEST,
                    max_finite_val=_LARGEST,
                    op_block_list=[*float16.DEFAULT_OP_BLOCK_LIST, *_KEPT],
                )
            except Exception as error:  # its exceptions have no base of their own
                reason = (str(error).strip() or type(error).__name__).splitlines()[0]
                raise ModelError(
                    f"{source.graph.name} can't be half precision: {reason}"
                ) from error
            finally:
                logging.disable(logging.NOTSET)
        named = onnx_ir.from_proto(half)
        # Casts beside what stays float32 come last in the converter's result.
        named.graph.sort()
        return reproducible(named, opset)

    def load(self, data: bytes, graph: Graph) -> Engine:
        """Open the file."""
        return OneThread(f"ONNX Runtime {self.name}", data, graph)


def _folded(data: bytes) -> onnx_ir.Model:
    """The model with weights that are computed (see `digits_export.rewrites`) as constants.

    ONNX Runtime can't compute them when it opens the file: it has no such kernels in half
    precision.
    """
    model = parsed(data)
    fold_constants(model, onnx_shape_inference=False)
    RemoveUnusedNodesPass()(model)
    return model
