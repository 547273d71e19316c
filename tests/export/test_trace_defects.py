"""Ten exports that are broken on purpose: each is caught, and its layer named in both formats."""

from copy import deepcopy

import onnx
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from digits.bundle import open_bundle
from digits_export import onnx as onnx_format
from digits_export import torchscript
from digits_export.graphs import FRONT_OUTPUTS, Graph
from digits_export.trace.bounds import SHARE
from digits_export.trace.finding import Trace, trace
from digits_models import photo
from digits_models.canvas import MNIST_INK, Prepare
from digits_models.classifier import CanvasClassifier
from digits_models.front import build_front
from digits_models.network import DigitNetwork

SIZES = ("batch", "height", "width")
HALF = 2e-2  # what half precision leaves of a layer's largest value


class Spread(Prepare):
    """Grows a canvas by its corners' centres instead of their edges."""

    def forward(self, canvas: Tensor) -> Tensor:
        x = canvas.to(self.mean.dtype).unsqueeze(1) / 255.0
        x = (x - self.mean) / self.std
        return functional.interpolate(
            x, size=[self.size, self.size], mode="bilinear", align_corners=True
        )


class AcrossTheBatch(CanvasClassifier):
    """Probabilities that sum to 1 over the batch."""

    def forward(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        logits = self.network(self.prepare(canvas))
        return logits, torch.softmax(logits / self.temperature, dim=0)


class Half(nn.Module):
    """A network in half precision between floats."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.half()

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x.half()).float()


class Mirrored(nn.Module):
    """A front end that is given BGR."""

    def __init__(self, front: nn.Module) -> None:
        super().__init__()
        self.front = front

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        return self.front(image.flip(3))


def truncated(values: Tensor) -> Tensor:
    return (values.clamp(0.0, 1.0) * 255.0).to(torch.uint8)


def classifier() -> CanvasClassifier:
    """A small network with everything that the defects need."""
    torch.manual_seed(0)
    body = {
        "conv1": nn.Conv2d(1, 4, 3, padding=1, padding_mode="reflect"),
        "relu1": nn.ReLU(),
        "pool1": nn.AvgPool2d(3, 2, padding=1, count_include_pad=False),
        "conv2": nn.Conv2d(4, 6, 3),
        "relu2": nn.ReLU(),
        "flatten": nn.Flatten(),
        "hidden": nn.Linear(6 * 14 * 14, 12),
        "relu3": nn.ReLU(),
    }
    network = DigitNetwork(body, nn.Linear(12, 10))
    return CanvasClassifier(Prepare(MNIST_INK, size=32), network, 1.25).eval()


def model(module: nn.Module) -> Graph:
    return Graph("model", module, "canvas", SIZES[:1], ("logits", "probabilities"), (3, 28, 28))


def front(module: nn.Module) -> Graph:
    return Graph("front", module, "image", SIZES, FRONT_OUTPUTS, (2, 57, 64, 3))


def swapped_weight(module: CanvasClassifier) -> nn.Module:
    weight = module.network.body.conv2.weight.data
    weight[0, 1, 2, 2], weight[3, 2, 0, 1] = weight[3, 2, 0, 1].clone(), weight[0, 1, 2, 2].clone()
    return module


def padding_mode(module: CanvasClassifier) -> nn.Module:
    module.network.body.conv1.padding_mode = "zeros"
    return module


def padding_counted(module: CanvasClassifier) -> nn.Module:
    module.network.body.pool1.count_include_pad = True
    return module


def align_corners(module: CanvasClassifier) -> nn.Module:
    module.prepare = Spread(MNIST_INK, size=32)
    return module


def overflow(module: CanvasClassifier) -> nn.Module:
    module.network = Half(module.network)
    return module


def wrong_deviation(module: CanvasClassifier) -> nn.Module:
    module.prepare.std.fill_(0.3530)  # Fashion-MNIST's
    return module


def missing_relu(module: CanvasClassifier) -> nn.Module:
    module.network.body.relu2 = nn.Identity()
    return module


def wrong_axis(module: CanvasClassifier) -> nn.Module:
    return AcrossTheBatch(module.prepare, module.network, float(module.temperature)).eval()


def loud() -> CanvasClassifier:
    """The same network, with a hidden layer beyond what half precision holds (65504)."""
    module = classifier()
    module.network.body.hidden.weight.data *= 1e6
    module.network.head.weight.data *= 1e-6
    return module


def traced(good: Graph, broken: Graph, share: float = SHARE) -> dict[str, Trace]:
    """A broken network's exports beside the good network."""
    exports = {".onnx": onnx_format.save(broken), ".torchscript.pt": torchscript.save(broken)}
    return {
        suffix: trace(good.name + suffix, data, good, share=share)
        for suffix, data in exports.items()
    }


def assert_named(found: Trace, layer: str) -> None:
    """It names the layer, which is beyond its bound, and what that reads, which isn't."""
    assert found.wrong is not None, f"{found.file}: not caught"
    assert found.wrong.name.startswith(layer), found
    assert found.wrong.error > 100 * found.wrong.allowed
    assert all(item.error <= item.allowed for item in found.inputs), found.inputs


NETWORK_DEFECTS = {
    "a swapped weight": (swapped_weight, "network.body.conv2: conv2d"),
    "a wrong padding mode": (padding_mode, "network.body.conv1: pad"),
    "average pooling that counts padding": (padding_counted, "network.body.pool1: avg_pool2d"),
    "align_corners": (align_corners, "prepare: interpolate in forward (canvas.py:"),
    "a wrong standard deviation": (wrong_deviation, "prepare: div in forward (canvas.py:"),
    "a missing ReLU": (missing_relu, "network.body.relu2: relu"),
    "softmax over the wrong axis": (wrong_axis, "forward: softmax in forward (classifier.py:"),
}


@pytest.mark.parametrize("defect", NETWORK_DEFECTS)
def test_a_broken_network_is_caught(defect):
    damage, layer = NETWORK_DEFECTS[defect]
    good = classifier()
    for found in traced(model(good), model(damage(deepcopy(good)))).values():
        assert_named(found, layer)
        if defect == "a wrong standard deviation":  # and not the division by 255
            assert [item.name.split(" ")[1] for item in found.inputs] == ["sub"]


def test_an_overflow_in_half_precision_is_caught():
    good = loud()
    for found in traced(model(good), model(overflow(deepcopy(good))), HALF).values():
        assert_named(found, "network.body.hidden: linear")
        assert found.wrong.error == float("inf")


def test_half_precision_that_does_not_overflow_passes():
    good = classifier()
    for found in traced(model(good), model(overflow(deepcopy(good))), HALF).values():
        assert found.wrong is None, found


def test_bgr_for_rgb_is_caught():
    good = build_front("photo")
    for found in traced(front(good), front(Mirrored(good).eval())).values():
        assert_named(found, "forward: to in forward (photo.py:")
        assert [item.name for item in found.inputs] == ["the input itself"]


def test_truncation_for_rounding_is_caught(monkeypatch):
    good = build_front("photo")
    with monkeypatch.context() as patched:
        patched.setattr(photo, "grey_levels", truncated)
        broken = front(build_front("photo"))
        exports = {".onnx": onnx_format.save(broken), ".torchscript.pt": torchscript.save(broken)}
    for suffix, data in exports.items():
        found = trace(f"front{suffix}", data, front(good))
        assert_named(found, "forward: round in grey_levels (resample.py:")
        assert found.wrong.error == 1.0


@pytest.fixture(scope="module")
def ink():
    """The front end that finds ink, as it is shipped: (its ONNX graph, the graph it comes from)."""
    data = open_bundle("lenet").read("front.onnx")
    return onnx.load_from_string(data), front(build_front("ink"))


def test_a_swapped_weight_is_caught_in_a_graph_of_1500_layers(ink):
    proto, good = deepcopy(ink[0]), ink[1]
    tensor = next(item for item in proto.graph.initializer if item.name.endswith("surface.fit"))
    fit = onnx.numpy_helper.to_array(tensor).copy()
    fit[[0, 300], 2] = fit[[300, 0], 2]
    tensor.CopyFrom(onnx.numpy_helper.from_array(fit, tensor.name))
    found = trace("front.onnx", proto.SerializeToString(), good)
    assert_named(found, "search.surface: matmul in through (surface.py:")


def test_bgr_is_no_defect_where_colours_count_alike(ink):
    """What finds ink looks for its colour's axis, whichever that is."""
    proto, good = deepcopy(ink[0]), ink[1]
    for node in proto.graph.node:
        node.input[:] = ["bgr" if name == "image" else name for name in node.input]
    proto.graph.initializer.append(onnx.helper.make_tensor("order", 7, [3], [2, 1, 0]))
    proto.graph.node.insert(0, onnx.helper.make_node("Gather", ["image", "order"], ["bgr"], axis=3))
    found = trace("front.onnx", proto.SerializeToString(), good)
    assert found.wrong is None
    assert 1300 < found.found < 1450  # of 1503


def test_truncation_is_caught_in_a_graph_of_1500_layers(ink):
    proto, good = deepcopy(ink[0]), ink[1]
    rounding = [node for node in proto.graph.node if node.op_type == "Round"]
    assert len(rounding) == 2
    for node in rounding:
        node.op_type = "Floor"
    found = trace("front.onnx", proto.SerializeToString(), good)
    assert_named(found, "forward: round in grey_levels (resample.py:")
