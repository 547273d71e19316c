"""Matching layers with an export's values, what is told of it, and `trace` on a bundle."""

import hashlib
import json
import shutil
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet18

from digits.bundle import open_bundle
from digits.errors import ModelError, ParityError, UsageError
from digits.manifest import seal
from digits_export import onnx as onnx_format
from digits_export import torchscript
from digits_export.graphs import Graph
from digits_export.trace import cases
from digits_export.trace.bounds import close, difference
from digits_export.trace.command import trace as trace_bundle
from digits_export.trace.finding import Compared, Trace, trace
from digits_export.trace.layers import Layer, Run
from digits_export.trace.match import culprit, matches
from digits_export.trace.table import show
from digits_export.trace.values import Value, Values
from digits_models import weights
from digits_models.canvas import MNIST_INK, Prepare
from digits_models.classifier import CanvasClassifier


class Tiny(nn.Module):
    """Three steps, and an output before the last."""

    def forward(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        x = canvas.flatten(1).float() / 255.0
        return x - 0.5, torch.sigmoid(x)


def graph(module: nn.Module, *outputs: str) -> Graph:
    return Graph("model", module.eval(), "canvas", ("batch",), outputs, (3, 4, 4))


def chain(*outputs: list[float], constant: bool = False) -> Run:
    """Layers that read one another, one output each; the last is the network's."""
    layers = [
        Layer("", f"step{i}", "", np.array(values), (i - 1,) if i else (), i == 0, constant, False)
        for i, values in enumerate(outputs)
    ]
    return Run(tuple(layers), {"out": len(layers) - 1})


def values(*inner: list[float]) -> Values:
    arrays = [np.array(value, np.float32) for value in inner]
    named = tuple(Value(f"value {i}", array) for i, array in enumerate(arrays))
    return Values(named, {"out": arrays[-1]})


A, B, C, D = [1.0, 2.0], [3.0, 5.0], [8.0, 13.0], [21.0, 34.0]
WRONG = [0.5, 0.7]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ((A, B, C, D), None),
        ((B, C, D), None),  # the first two steps are one
        ((A, D), None),
        ((A, WRONG, C, D), None),  # computed in another way
        ((A, WRONG, WRONG, WRONG), 1),
        ((A, B, C, WRONG), 3),
        ((B, C, WRONG), 3),  # the missing first step is no defect
        ((WRONG, WRONG), 0),
    ],
)
def test_the_first_layer_on_the_way_to_a_wrong_output_is_named(found, expected):
    truth = chain(A, B, C, D)
    assert culprit(truth, matches(truth, truth, values(*found))) == expected


def test_an_output_counts_whatever_is_computed_inside():
    truth = chain(A, B)
    returned = replace(values(A, B), outputs={"out": np.array(A)})
    found = matches(truth, truth, returned)
    assert culprit(truth, found) == 1
    assert found[1].error == 3.0
    assert found[1].value == "output out"


def test_a_step_that_changes_nothing_is_named_where_it_should():
    """A limit that isn't reached gives what it is given, which is there; its own value isn't."""
    truth = chain(A, A, B)
    assert culprit(truth, matches(truth, truth, values(A, WRONG, WRONG))) == 1
    assert culprit(truth, matches(truth, truth, values(A, A, WRONG))) == 2


def test_the_bound_follows_float32s_own_error():
    truth = chain([1.0, 1000.0])
    for eager, allowed in (
        ([1.0, 1000.0], 1000 / 2**17),
        ([1.0, 1000.01], 0.04),
        ([1.0, np.nan], 1000 / 2**17),
    ):
        found = matches(truth, chain(eager), values(A))
        assert found[0].allowed == pytest.approx(allowed, rel=1e-6)


def test_integers_must_be_the_same():
    truth = Run((Layer("", "to", "", np.array([3, 4]), (), True, False, False),), {"out": 0})
    assert matches(truth, truth, values([3.0, 4.0]))[0].found
    assert not matches(truth, truth, values([3.0, 5.0]))[0].found


def test_infinity_and_nan_are_wrong_unless_they_are_right():
    truth = chain([1.0, float("inf")])
    assert matches(truth, truth, values([1.0, float("inf")]))[0].found
    for wrong in (float("nan"), 7.0):
        assert not matches(truth, truth, values([1.0, wrong]))[0].found


def test_rows_that_round_another_way_are_left_out():
    def run(rows: np.ndarray) -> Run:
        layer = Layer("", "to", "", rows, (), True, False, False)
        return Run((layer,), {"out": 0})

    right = np.full((4, 200), 9, np.uint8)
    eager, found = right.copy(), right.copy()
    eager[0, 5] = 10  # float32 rounds another way
    found[1, 5] = 8  # the export does
    found[2, :50] = 8  # that isn't rounding
    pixels = np.arange(4, dtype=np.uint8)
    kept = cases.settled(run(right), run(eager), Values((), {"out": found}), pixels)
    assert kept.tolist() == [2, 3]
    none = cases.settled(run(right), run(right + 1), Values((), {"out": found}), pixels)
    assert none.tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("example", "shapes"),
    [
        ((3, 28, 28), [(14, 28, 28)]),
        ((3, 3, 32, 24), [(14, 3, 32, 24)]),
    ],
)
def test_canvases_have_the_networks_shape(example, shapes):
    network = replace(graph(Tiny(), "half", "sigmoid"), example=example)
    assert [batch.shape for _, batch in cases.cases(network)] == shapes


def test_large_networks_get_two_canvases():
    network = graph(nn.Linear(4000, 4000), "out")
    assert [batch.shape for _, batch in cases.cases(network)] == [(2, 4, 4)]


def test_normalisation_folded_into_convolutions_is_no_defect():
    torch.manual_seed(0)
    network = resnet18(num_classes=10)
    for part in network.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0, 0.2)
            part.running_var.uniform_(0.5, 2.0)
    prepare = Prepare(MNIST_INK, size=32, channels=3)
    module = CanvasClassifier(prepare, network).eval()
    good = replace(graph(module, "logits", "probabilities"), example=(3, 28, 28))
    convolutions = sum(isinstance(part, nn.Conv2d) for part in module.modules())
    found = trace("model.onnx", onnx_format.save(good), good)
    assert found.wrong is None, found
    assert (found.layers, found.found) == (78, 78 - convolutions)
    script = torchscript.save(good)
    found = trace("model.torchscript.pt", script, good)
    assert (found.wrong, found.layers, found.found) == (None, 78, 78)
    module.network.layer3[1].bn2.bias.data[7] += 0.01
    found = trace("model.torchscript.pt", script, good)
    assert found.wrong.name == "network.layer3.1.bn2: batch_norm"


def test_nothing_to_trace_it_on_is_an_error():
    tiny = graph(Tiny(), "half", "sigmoid")
    data = onnx_format.save(tiny)
    with pytest.raises(UsageError, match=r"model\.onnx: nothing to trace it on: give at least one"):
        trace("model.onnx", data, tiny, [])


def test_other_formats_are_refused():
    with pytest.raises(UsageError, match=r"model\.pt2: can't be traced: give a \.onnx or \.torchs"):
        trace("model.pt2", b"", graph(Tiny(), "half", "sigmoid"))


def test_the_table_says_what_is_wrong_and_what_it_reads():
    read = Compared("conv1: conv2d", 1.5e-7, 1e-5, "Conv conv2d")
    wrong = Compared("relu1: relu", float("inf"), 2e-5, "Conv conv2d_1")
    traces = [
        Trace("model.onnx", 20, 12, "canvases", wrong, (read,)),
        Trace("front.onnx", 1503, 1474, "samples at 28×28", None, ()),
    ]
    assert show(traces).splitlines() == [
        "file        layers  found",
        "model.onnx      20     12  FAILED at relu1: relu",
        "front.onnx    1503   1474                     ok",
        "",
        "model.onnx",
        "first wrong  relu1: relu",
        "error        not finite, allowed 2e-05",
        "closest      Conv conv2d_1",
        "reads        conv1: conv2d, error 1.5e-07",
        "on           canvases",
    ]


def test_the_table_says_when_an_export_has_nothing_like_it():
    wrong = Compared("conv1: pad", float("inf"), 1e-5, "")
    read = Compared("the input itself", 0.0, 0.0, "")
    lines = show([Trace("model.onnx", 2, 0, "canvases", wrong, (read,))]).splitlines()
    assert lines[5:] == [
        "error        no value of that size, allowed 1e-05",
        "closest      none",
        "reads        the input itself, error 0",
        "on           canvases",
    ]


def test_memory_that_is_filled_later_is_like_nothing() -> None:
    """TorchScript shows what was in it: here the one kind of NaN that casting complains about."""
    left = np.array([0x7F800001, 0, 0, 0], np.uint32).view(np.float32)
    assert difference(left, np.zeros(4)) == float("inf")
    assert not close(left, np.zeros(4), 1e9)


def test_an_exported_network_traces_clean(full, capsys):
    trace_bundle(open_bundle(full.directory), None)
    traces, held = capsys.readouterr().out.split("\n\n")
    lines = [line.split() for line in traces.splitlines()]
    assert [(file, result) for file, *_, result in lines[1:]] == [
        ("model.onnx", "ok"),
        ("model.torchscript.pt", "ok"),
        ("front.onnx", "ok"),
        ("image.onnx", "ok"),
        ("image.torchscript.pt", "ok"),
    ]
    for _, layers, found, _ in lines[1:]:
        assert int(found) > 0.75 * int(layers)
    assert [line.split() for line in held.splitlines()[1:]] == [
        [file, "10", "10", "ok"]
        for file in ("model.onnx", "model.torchscript.pt", "image.onnx", "image.torchscript.pt")
    ]


@pytest.fixture
def broken(tmp_path):
    """The shipped mlp with a hidden layer that is a hundredth too large; its manifest is mended."""
    directory = tmp_path / "mlp"
    shutil.copytree(open_bundle("mlp").directory, directory)
    file = directory / "model.onnx"
    proto = onnx.load(file)
    name = next(item.name for item in proto.graph.initializer if "hidden2.weight" in item.name)
    for tensor in proto.graph.initializer:
        if tensor.name == name:
            weight = onnx.numpy_helper.to_array(tensor) * np.float32(1.01)
            tensor.CopyFrom(onnx.numpy_helper.from_array(weight, name))
    file.write_bytes(proto.SerializeToString())
    manifest = json.loads((directory / "manifest.json").read_text())
    record = manifest["files"]["model.onnx"]
    record["sha256"] = hashlib.sha256(file.read_bytes()).hexdigest()
    record["bytes"] = file.stat().st_size
    manifest["sha256"] = seal(manifest)
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return directory


def test_a_broken_bundle_fails_and_names_the_layer(broken, capsys):
    with pytest.raises(ParityError) as caught:
        trace_bundle(open_bundle(broken), None)
    layer = "network.body.hidden2: linear"
    assert str(caught.value) == (
        f"{broken}: model.onnx goes wrong at {layer}; "
        "model.onnx lacks network.body.hidden2.weight as trained"
    )
    assert caught.value.exit_code == 4
    out = capsys.readouterr().out
    assert f"first wrong  {layer}\n" in out
    assert out.splitlines()[-2:] == [
        "weights     trained  found",
        "model.onnx        6      5  FAILED: network.body.hidden2.weight",
    ]


def test_other_weights_are_refused(tmp_path):
    trained = weights.load("mlp")
    trained.network.head.bias.data += 1.0
    weights.save(tmp_path / "other.safetensors", trained.network, trained.record)
    with pytest.raises(ModelError, match=r"was exported from weights \w{8}…, these are \w{8}…"):
        trace_bundle(open_bundle("mlp"), tmp_path / "other.safetensors")


def test_foreign_networks_that_are_not_here_are_refused():
    bundle = open_bundle("mlp")
    foreign = replace(bundle, manifest=replace(bundle.manifest, arch="my_model:build"))
    with pytest.raises(ModelError, match="the manifest doesn't tell where the model came from"):
        trace_bundle(foreign, None)
    record = {"model": "no.such:net", "input": [3, 8, 8], "front": "photo"}
    record |= {"mean": [0.0], "std": [1.0], "crop": 1.0}
    told = replace(bundle, manifest=replace(foreign.manifest, weights=record))
    with pytest.raises(UsageError, match="No module named 'no'"):
        trace_bundle(told, None)
