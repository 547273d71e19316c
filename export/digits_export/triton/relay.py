"""A graph that gives what it takes: why an ensemble needs one is said in `config`."""

from onnx import TensorProto, checker, helper

from digits.bundle import MODEL
from digits.manifest import Manifest
from digits_export.triton.config import RELAYED


def relay_graph(manifest: Manifest) -> bytes:
    """The graph canvas → relayed, of one Identity, as an .onnx file for a bundle's canvases."""
    (canvas,) = manifest.graphs[MODEL].inputs
    kind = TensorProto.DataType.Value(canvas.dtype.upper())
    given, taken = (
        helper.make_tensor_value_info(name, kind, canvas.shape) for name in (RELAYED, canvas.name)
    )
    node = helper.make_node("Identity", [canvas.name], [RELAYED])
    model = helper.make_model(
        helper.make_graph([node], "relay", [taken], [given]),
        ir_version=manifest.ir_version,
        opset_imports=[helper.make_opsetid("", manifest.opset)],
        producer_name="digits-edge",
    )
    checker.check_model(model)
    return bytes(model.SerializeToString(deterministic=True))
