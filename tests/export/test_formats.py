"""ONNX and TorchScript: signatures, the same bytes every time, and nothing of this machine."""

import warnings
from dataclasses import replace

import numpy as np
import onnx
import pytest
import torch
from torch import Tensor, nn

from digits.errors import ModelError, UsageError
from digits_export import engines, graphs, torchscript
from digits_export import onnx as onnx_format
from digits_export.subject import trained_subject
from digits_models import registry, weights

FORMATS = {"onnx": onnx_format, "torchscript": torchscript}
SMALL = [name for name in registry.names() if registry.get(name).parameters < 1_000_000]


def graphs_of(arch):
    """The graphs of a network with its shipped weights."""
    return graphs.graphs(trained_subject(weights.load(arch)))


@pytest.fixture(scope="module")
def cnn():
    return graphs_of("cnn")


@pytest.fixture(scope="module")
def saved():
    """The classifier of every small network in ONNX."""
    return {arch: onnx_format.save(graphs_of(arch)["model"]) for arch in SMALL}


@pytest.mark.parametrize("arch", SMALL)
def test_classifiers_open_and_answer_any_batch(arch, saved):
    graph = graphs_of(arch)["model"]
    canvases = np.random.default_rng(0).integers(0, 256, (5, 28, 28), dtype=np.uint8)
    truth = engines.truth(graph).run(canvases)
    for engine in engines.exported(graph, saved[arch], torchscript.save(graph), cuda=False):
        found = engine.run(canvases)
        assert found["logits"].shape == (5, 10)
        assert np.abs(found["probabilities"] - truth["probabilities"]).max() < 1e-5, engine.name
        assert engine.run(canvases[:0])["probabilities"].shape == (0, 10)


@pytest.mark.parametrize("arch", SMALL)
def test_onnx_is_one_plain_file(arch, saved):
    model = onnx.load_from_string(saved[arch])
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert model.ir_version == 8
    assert model.producer_version == ""
    assert not model.metadata_props
    # ONNX Runtime opens the file faster for inner shapes, in names that are ours.
    inner = [value.type.tensor_type.shape.dim for value in model.graph.value_info]
    assert {size.dim_param for sizes in inner for size in sizes} <= {"", "batch"}
    assert len(inner) >= len(model.graph.node) - len(model.graph.output)
    for tensor in model.graph.initializer:
        assert tensor.data_location == onnx.TensorProto.DEFAULT
    for item in (model, model.graph, *model.graph.node, *model.graph.initializer):
        assert item.doc_string == ""
    assert not any(node.metadata_props for node in model.graph.node)


@pytest.mark.parametrize("opset", [20, onnx_format.NEWEST_OPSET])
def test_other_opsets_are_really_written(opset, cnn):
    data = onnx_format.save(cnn["model"], opset)
    assert onnx.load_from_string(data).opset_import[0].version == opset
    graph = cnn["model"]
    runtime = engines.OnnxRuntime("newer", data, graph, "CPUExecutionProvider")
    canvases = np.full((2, 28, 28), 9, np.uint8)
    expected = engines.truth(graph).run(canvases)["logits"]
    assert np.abs(runtime.run(canvases)["logits"] - expected).max() < 1e-4


@pytest.mark.parametrize("opset", [-1, 17, 24, 99])
def test_opsets_that_would_be_ignored_are_refused(opset, cnn):
    with pytest.raises(UsageError, match=f"opset {opset}: the exporter writes 18 to 23"):
        onnx_format.save(cnn["model"], opset)


@pytest.mark.parametrize("form", FORMATS)
def test_twice_the_same_bytes_whatever_came_between(form, cnn):
    save = FORMATS[form].save
    first = save(cnn["model"])
    save(graphs_of("mlp")["model"])
    assert save(graphs_of("cnn")["model"]) == first


class Stubborn(nn.Module):
    """Branches on values, as ONNX can't, and calls numpy, as TorchScript can't."""

    def forward(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        if canvas.float().mean() > 1:
            canvas = canvas + 1
        numbers = canvas.numpy().astype("float32").reshape(len(canvas), -1)[:, :10]
        return torch.from_numpy(numbers), torch.from_numpy(numbers)


@pytest.mark.parametrize(("form", "title"), [("onnx", "ONNX"), ("torchscript", "TorchScript")])
def test_what_cannot_be_expressed_is_one_line(form, title, cnn):
    graph = replace(cnn["model"], module=Stubborn())
    with pytest.raises(ModelError) as caught:
        FORMATS[form].save(graph)
    assert str(caught.value).startswith(f"model can't be exported to {title}: ")
    assert len(str(caught.value).splitlines()) == 1


def test_an_interrupted_export_does_not_warn(cnn, monkeypatch):
    class Exporter:
        """Like torch's, it imports parts of itself, with warnings, when its error is named."""

        def export(self, *_arguments, **_options):
            raise KeyboardInterrupt

        @property
        def OnnxExporterError(self):  # noqa: N802
            warnings.warn("already registered, please report it", UserWarning, stacklevel=1)
            return RuntimeError

    monkeypatch.setattr(torch, "onnx", Exporter())
    with pytest.raises(KeyboardInterrupt):
        onnx_format.save(cnn["model"])
