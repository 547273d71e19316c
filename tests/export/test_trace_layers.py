"""What a run tells of its layers, and what an export tells of its values."""

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from digits_export import onnx as onnx_format
from digits_export import torchscript
from digits_export.graphs import Graph
from digits_export.trace.layers import record
from digits_export.trace.onnx_values import OnnxInside
from digits_export.trace.script_values import ScriptInside

PIXELS = np.arange(6, dtype=np.uint8).reshape(2, 3)


class Steps(nn.Module):
    """A layer of its own, steps between, and a constant."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(3, 2)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = image.to(self.linear.weight.dtype) / 255.0
        two = torch.ones(2) * 2.0
        return self.linear(x), x.sum(1) * two


class InPlace(nn.Module):
    """Writes over what it has computed, whole and in part."""

    def forward(self, image: Tensor) -> Tensor:
        x = image.float() + 1.0
        x.relu_()
        x[:, 0] = 7.0
        return x * 2.0


class Loop(nn.Module):
    """Halves three times, in a loop that TorchScript keeps."""

    def forward(self, image: Tensor) -> Tensor:
        x = image.float()
        for _ in range(image.shape[1]):
            x = x / 2.0
        return x


def test_a_run_tells_its_layers_in_order():
    run = record(Steps().double(), ("linear", "scaled"), PIXELS)
    assert [(layer.module, layer.operation) for layer in run.layers] == [
        ("", "to"),
        ("", "div"),
        ("", "ones"),
        ("", "mul"),
        ("linear", "linear"),
        ("", "sum"),
        ("", "mul"),
    ]
    assert [layer.inputs for layer in run.layers] == [(), (0,), (), (2,), (1,), (1,), (5, 3)]
    assert [layer.constant for layer in run.layers] == [i in (2, 3) for i in range(7)]
    assert [layer.first for layer in run.layers] == [True, *6 * [False]]
    assert run.outputs == {"linear": 4, "scaled": 6}
    assert run.layers[4].output.dtype == np.float64


def test_a_layer_is_named_by_its_place():
    layers = record(Steps(), ("linear", "scaled"), PIXELS).layers
    assert layers[4].name == "linear: linear"
    head, _, line = layers[5].name.partition(".py:")
    assert head == "forward: sum in forward (test_trace_layers"
    assert line.removesuffix(")").isdigit()


def test_what_is_written_over_is_kept():
    layers = record(InPlace(), ("doubled",), PIXELS).layers
    several = {layer.operation: layer for layer in layers}
    assert several["add"].output[0].tolist() == [1.0, 2.0, 3.0]
    assert several["setitem"].output[0].tolist() == [7.0, 2.0, 3.0]
    assert layers[-1].inputs == (len(layers) - 2,)
    assert layers[-1].output[0].tolist() == [14.0, 4.0, 6.0]


def test_a_run_leaves_the_module_as_it_was():
    module = Steps()
    record(module, ("linear", "scaled"), PIXELS)
    assert not any(part._forward_hooks or part._forward_pre_hooks for part in module.modules())


def test_views_are_told_from_what_is_computed():
    class Views(nn.Module):
        def forward(self, image: Tensor) -> Tensor:
            return image.float().flatten().abs().contiguous().neg_()

    layers = record(Views(), ("neg",), PIXELS).layers
    assert [layer.view for layer in layers] == [False, True, False, True, False]


@pytest.fixture(scope="module")
def halving():
    return Graph("model", Loop().eval(), "image", ("batch",), ("eighth",), (2, 3))


def test_onnx_tells_all_that_it_computes(halving):
    values = OnnxInside(onnx_format.save(halving)).run(PIXELS)
    assert values.outputs["eighth"][1].tolist() == [0.375, 0.5, 0.625]
    floats = [value for value in values.inner if value.array.shape == (2, 3)]
    assert [value.array[1, 1] for value in floats] == [4.0, 2.0, 1.0, 0.5]
    assert [value.name.split(" ")[0] for value in floats] == ["Cast", "Div", "Div", "Div"]


def test_torchscript_tells_what_its_loops_compute(halving):
    data = torchscript.save(halving)
    assert "prim::Loop" in str(torchscript.load(data).graph)
    values = ScriptInside(data, ("eighth",)).run(PIXELS)
    assert values.outputs["eighth"][1].tolist() == [0.375, 0.5, 0.625]
    floats = [value for value in values.inner if value.array.dtype == np.float32]
    assert [value.array[1, 1] for value in floats if value.array.ndim] == [4.0, 2.0, 1.0, 0.5]
