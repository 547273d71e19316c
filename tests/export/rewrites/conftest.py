"""Small graphs of one kind each, and what becomes of them."""

from collections import Counter
from collections.abc import Callable

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

from digits_export.rewrites import rewritten

# As the exporter writes `digits_models.canvas.Prepare`.
SCALED = """
    float = Cast<to = 1>(canvas)
    picture = Unsqueeze(float, one)
    scaled = Div(picture, full)
"""
BORDERED = 'bordered = Pad<mode = "constant">(scaled, border)'
NORMALISED = """
    centred = Sub({}, mean)
    x = Div(centred, std)
"""
CONSTANTS = {
    "one": np.array([1]),
    "full": np.float32(255.0),
    "border": np.array([0, 0, 2, 2, 0, 0, 2, 2]),
    "mean": np.float32(0.1307),
    "std": np.float32(0.3081),
}


def model(layers: str, constants: dict[str, np.ndarray], *, bordered: bool) -> bytes:
    """A graph: canvas uint8 [batch, 12, 12] → normalising, layers from x to y."""
    prepared = SCALED + (BORDERED if bordered else "")
    prepared += NORMALISED.format("bordered" if bordered else "scaled")
    parsed = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]>'
        f"g (uint8[batch, 12, 12] canvas) => (float y) {{ {prepared} {layers} }}"
    )
    for name, array in (CONSTANTS | constants).items():
        parsed.graph.initializer.append(numpy_helper.from_array(np.asarray(array), name))
    del parsed.graph.output[0].type.tensor_type.shape.dim[:]
    parsed.graph.output[0].type.tensor_type.ClearField("shape")
    return onnx.shape_inference.infer_shapes(parsed).SerializeToString()


def answers(data: bytes) -> np.ndarray:
    """What a graph gives for five canvases, computed as it is written."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    canvases = np.random.default_rng(0).integers(0, 256, (5, 12, 12), dtype=np.uint8)
    (found,) = session.run(None, {"canvas": canvases})
    return found


@pytest.fixture
def operators() -> Callable[..., Counter[str]]:
    """Rewrites a graph, looks that it gives the same answers, and counts its operators."""

    def rewrite(
        layers: str,
        *,
        bordered: bool = False,
        changed: dict[str, np.ndarray] | None = None,
        **shapes: tuple[int, ...],
    ) -> Counter[str]:
        generator = np.random.default_rng(1)
        constants = {
            name: generator.normal(0, 0.3, shape).astype(np.float32)
            for name, shape in shapes.items()
        }
        data = model(layers, constants | (changed or {}), bordered=bordered)
        result = rewritten(data)
        assert np.abs(answers(result) - answers(data)).max() < 2e-5
        return Counter(node.op_type for node in onnx.load_from_string(result).graph.node)

    return rewrite
