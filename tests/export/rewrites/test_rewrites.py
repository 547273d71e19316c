"""What is rewritten keeps its signature, its trained numbers and its bytes."""

import numpy as np
import onnx
import pytest

from digits.bundle import shipped
from digits_export import engines, graphs
from digits_export import onnx as onnx_format
from digits_export.carried import carried
from digits_export.rewrites import rewritten
from digits_export.subject import trained_subject
from digits_export.trace.finding import trace
from digits_models import registry, weights

# Of the layers that a trace looks for, those that are part of another one now.
FOLDED = {"lenet": 4, "simple-cnn": 3}


@pytest.fixture(scope="module", params=shipped())
def graph(request):
    return graphs.graphs(trained_subject(weights.load(request.param)))["model"]


@pytest.fixture(scope="module")
def plain(graph):
    return onnx_format.save(graph)


@pytest.fixture(scope="module")
def data(plain):
    return rewritten(plain)


def test_answers_and_signature_stay(graph, plain, data):
    canvases = np.random.default_rng(0).integers(0, 256, (7, 28, 28), dtype=np.uint8)
    before, after = (
        engines.OnnxRuntime("any", model, graph, "CPUExecutionProvider") for model in (plain, data)
    )
    for name, expected in before.run(canvases).items():
        found = after.run(canvases)[name]
        assert np.abs(found - expected).max() < 2e-5
        assert after.run(canvases[:0])[name].shape == (0, 10)
    one, other = map(onnx.load_from_string, (plain, data))
    assert other.graph.input == one.graph.input
    assert other.graph.output == one.graph.output
    assert (other.ir_version, other.opset_import) == (one.ir_version, one.opset_import)


def test_the_file_stays_plain(data):
    model = onnx.load_from_string(data)
    assert not any(node.metadata_props for node in model.graph.node)
    inner = [value.type.tensor_type.shape.dim for value in model.graph.value_info]
    assert {size.dim_param for sizes in inner for size in sizes} <= {"", "batch"}
    assert len(inner) >= len(model.graph.node) - len(model.graph.output)


def test_it_holds_every_trained_number(graph, data):
    found = carried("model.onnx", graph.module, data)
    assert (found.missing, found.passed) == ((), True)


def test_a_trace_finds_the_layers_that_are_left(graph, data):
    found = trace("model.onnx", data, graph)
    assert found.wrong is None
    arch = next(a for a in shipped() if registry.get(a).build is type(graph.module.network))
    assert found.layers - found.found == FOLDED.get(arch, 0)


def test_twice_the_same_bytes(plain, data):
    assert rewritten(plain) == data
    assert rewritten(data) == data


def test_what_no_rule_fits_stays_as_it_was():
    mlp = graphs.graphs(trained_subject(weights.load("mlp")))["model"]
    exported = onnx_format.save(mlp)
    assert rewritten(exported) is exported


def test_newer_opsets(graph):
    newest = rewritten(onnx_format.save(graph, onnx_format.NEWEST_OPSET))
    (version,) = {entry.version for entry in onnx.load_from_string(newest).opset_import}
    assert version == onnx_format.NEWEST_OPSET
