"""The variants' files: the same bytes every time, nothing of this machine, the same signature."""

import hashlib
import io
import os
import re
import zipfile

import numpy as np
import onnx
import pytest
import torch
from onnx import numpy_helper

from digits.errors import ModelError
from digits_export.engines import Torch, truth
from digits_export.variants import choose
from digits_export.variants.judge import answer, judge

VARIANTS = {variant.name: variant for variant in choose("all").variants}

DIGESTS = """
import hashlib, sys
import numpy as np
from digits_export import graphs, onnx
from digits_export.subject import trained_subject
from digits_export.variants import choose
from digits_export.variants.variant import Source
from digits_models import weights
onnx.save(graphs.graphs(trained_subject(weights.load("mlp")))["model"])
graph = graphs.graphs(trained_subject(weights.load("cnn")))["model"]
source = Source(graph, onnx.save(graph), lambda: np.load(sys.argv[1]))
for variant in choose("all").variants:
    print(variant.name, hashlib.sha256(variant.save(source)).hexdigest())
"""


def test_the_same_bytes_in_another_process_folder_and_hash_seed(files, source, tmp_path, python):
    np.save(tmp_path / "canvases.npy", source.calibration())
    environment = os.environ | {"PYTHONHASHSEED": "3"}
    run = python(DIGESTS, tmp_path / "canvases.npy", cwd=tmp_path, env=environment)
    assert run.returncode == 0, run.stderr
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert dict(line.split() for line in run.stdout.splitlines()) == digests
    assert [file.name for file in tmp_path.iterdir()] == ["canvases.npy"]


@pytest.mark.parametrize("name", ["fp16", "int8", "ort"])
def test_the_same_bytes_again(name, files, source):
    assert VARIANTS[name].save(source) == files[name]


@pytest.mark.parametrize("name", VARIANTS)
def test_nothing_tells_of_this_machine(name, files):
    contents = [files[name]]
    if name == "pt2":
        with zipfile.ZipFile(io.BytesIO(files[name])) as archive:
            contents = [archive.read(item) for item in archive.infolist()]
            assert {item.date_time[0] for item in archive.infolist()} == {1980}
    for text in contents:
        for trace in (rb"site-packages", rb"Traceback", rb'File "', rb"[\w/]{4,}\.py\b", rb"/tmp/"):
            assert not re.search(trace, text), trace


@pytest.mark.parametrize("name", ["fp16", "int8"])
def test_onnx_keeps_its_signature_and_versions(name, files):
    model = onnx.load_from_string(files[name])
    ends = {v.name: v.type.tensor_type for v in (*model.graph.input, *model.graph.output)}
    kinds = {"canvas": onnx.TensorProto.UINT8, "logits": 1, "probabilities": 1}
    assert {name: tensor.elem_type for name, tensor in ends.items()} == kinds
    assert {tensor.shape.dim[0].dim_param for tensor in ends.values()} == {"batch"}
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert (model.ir_version, model.producer_version) == (8, "")
    assert not model.metadata_props
    assert not any(node.domain for node in model.graph.node)


def test_half_precision_is_half_the_size_and_int8_a_third(files, source):
    sizes = {name: len(data) / len(source.onnx) for name, data in files.items()}
    assert 0.49 < sizes["fp16"] < 0.56
    assert 0.24 < sizes["int8"] < 0.36
    assert 0.9 < sizes["ort"] < 1.2
    assert 0.9 < sizes["pt2"] < 1.5


def test_int8_weights_are_per_channel_and_have_seven_bits(files):
    graph = onnx.load_from_string(files["int8"]).graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    weights = [value for value in constants.values() if value.dtype == np.int8 and value.ndim > 1]
    assert sorted(value.shape for value in weights) == [(10, 1568), (16, 1, 5, 5), (32, 16, 5, 5)]
    assert max(int(np.abs(value.astype(int)).max()) for value in weights) == 64
    scales = [value for name, value in constants.items() if "weight_scale" in name]
    assert sorted(scale.shape for scale in scales) == [(10,), (16,), (32,)]


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_keeps_its_bound(name, files, source, ballot):
    expected = answer(truth(source.graph), ballot)
    eager = Torch("eager", source.graph.module, source.graph.outputs)
    engine = VARIANTS[name].load(files[name], source.graph)
    found = answer(engine, ballot)
    assert found["probabilities"].dtype == np.float32
    judged = judge(expected, found, ballot.labels)
    exact = judge(expected, answer(eager, ballot), ballot.labels)
    assert VARIANTS[name].bound.broken(judged, exact) == []
    worst = judged.errors["logits"].worst
    assert worst > 1e-3 if name in ("fp16", "int8") else worst < 1e-4


def test_pt2_opens_without_this_project(files, tmp_path, python):
    (tmp_path / "model.pt2").write_bytes(files["pt2"])
    program = (
        "import sys, torch; module = torch.export.load('model.pt2').module(); "
        "print([list(x.shape) for x in module(torch.zeros(5, 28, 28, dtype=torch.uint8))], "
        "'digits_models' in sys.modules)"
    )
    run = python(program, cwd=tmp_path)
    assert run.stdout == "[[5, 10], [5, 10]] False\n", run.stderr


def test_pt2_blames_the_line_that_it_is_about(source, monkeypatch):
    def fail(*_args, **_options):
        raise RuntimeError("\n\nConstraints violated (batch)! More than any user reads.")

    monkeypatch.setattr(torch.export, "export", fail)
    with pytest.raises(ModelError, match=r"can't be exported to pt2: .*a size is fixed$"):
        VARIANTS["pt2"].save(source)


def test_pt2_takes_one_canvas(files, source):
    engine = VARIANTS["pt2"].load(files["pt2"], source.graph)
    assert engine.run(np.zeros((1, 28, 28), np.uint8))["logits"].shape == (1, 10)
    assert torch.get_default_dtype() == torch.float32
