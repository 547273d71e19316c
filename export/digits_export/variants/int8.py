"""int8: the classifier's ONNX with 8-bit weights and activations, calibrated on training images.

Static, as QuantizeLinear/DequantizeLinear pairs, weights per channel. Activations are unsigned and
weights have 7 of their 8 bits: then no processor saturates, the older ones of Intel's among them
(those without VNNI add pairs of products in 16 bits), and all compute the same integers.
"""

import logging
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import onnx
import onnx_ir
from numpy.typing import NDArray
from onnx_ir.passes.common import RemoveUnusedOpsetsPass

from digits.errors import ModelError
from digits_export.engines import Engine
from digits_export.graphs import Graph
from digits_export.inputs import Pixels
from digits_export.onnx import reproducible
from digits_export.variants.bound import Bound
from digits_export.variants.engine import OneThread
from digits_export.variants.variant import Source

# Sigmoid and softmax are left out: looked up in 8 bits they are slower, and coarse.
_QUANTISED = ("Conv", "Gemm", "MatMul", "Relu", "MaxPool", "AveragePool", "Reshape", "Add")
# The logits would have 256 levels.
_FLOAT_OUTPUTS = ("Gemm", "MatMul")
_BATCH = 8


class Int8:
    """A quarter of the size, or a third of small networks."""

    name = "int8"
    file = "model.int8.onnx"
    purpose = "for processors and accelerators that compute in 8 bits"
    bound = Bound(drop=0.003, flips=0.01)

    def save(self, source: Source) -> bytes:
        """Observe the activations of the calibration canvases, and quantise."""
        canvases = source.calibration()
        model = onnx.load_from_string(source.onnx)
        (opset,) = (entry.version for entry in model.opset_import if not entry.domain)
        try:
            with _quiet(), tempfile.TemporaryDirectory(prefix="digits-") as folder:
                quantised = _quantised(source, canvases, Path(folder))
        except Exception as error:  # its exceptions have no base of their own
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise ModelError(f"{source.graph.name} can't be quantised: {reason}") from error
        named = onnx_ir.from_proto(quantised)
        RemoveUnusedOpsetsPass()(named)
        named.metadata_props.clear()
        return reproducible(named, opset)

    def load(self, data: bytes, graph: Graph) -> Engine:
        """Open the file."""
        return OneThread(f"ONNX Runtime {self.name}", data, graph)


class _Canvases:
    """Calibration data as the quantiser reads it: batch by batch, then None."""

    def __init__(self, name: str, canvases: Pixels) -> None:
        self._name = name
        self._parts = iter(np.split(canvases, range(_BATCH, len(canvases), _BATCH)))

    def get_next(self) -> dict[str, NDArray[np.uint8]] | None:
        part = next(self._parts, None)
        return None if part is None else {self._name: part}


def _quantised(source: Source, canvases: Pixels, folder: Path) -> onnx.ModelProto:
    from onnxruntime import quantization
    from onnxruntime.quantization.shape_inference import quant_pre_process

    plain, folded, done = (folder / f"{name}.onnx" for name in ("plain", "folded", "done"))
    plain.write_bytes(source.onnx)
    # Folds batch norms into convolutions.
    quant_pre_process(plain, folded, skip_symbolic_shape=True)
    quantization.CalibrationDataReader.register(_Canvases)
    quantization.quantize_static(
        folded,
        done,
        _Canvases(source.graph.input, canvases),
        quant_format=quantization.QuantFormat.QDQ,
        activation_type=quantization.QuantType.QUInt8,
        weight_type=quantization.QuantType.QInt8,
        per_channel=True,
        reduce_range=True,
        op_types_to_quantize=list(_QUANTISED),
        extra_options={"OpTypesToExcludeOutputQuantization": list(_FLOAT_OUTPUTS)},
    )
    return onnx.load(done)


@contextmanager
def _quiet() -> Iterator[None]:
    """The quantiser advises through the root logger."""
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
