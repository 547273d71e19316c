"""Two exported graphs as one."""

import numpy as np
import onnx as onnx_format
import pytest

from digits.providers import CPU
from digits_export import compose, engines, graphs, inputs, onnx
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture(scope="module")
def several():
    return graphs.graphs(trained_subject(weights.load("lenet-sigmoid")))


@pytest.fixture(scope="module")
def files(several):
    parts = {name: onnx.save(several[name]) for name in ("front", "model")}
    whole = compose.chain(parts["front"], parts["model"], several["image"].outputs)
    return parts | {"image": whole}


def test_it_answers_as_one_after_the_other(several, files):
    run = {n: engines.OnnxRuntime(n, files[n], several[n], CPU).run for n in several}
    for image in inputs.sample_images():
        whole, first = run["image"](image[None]), run["front"](image[None])
        for name in first:
            assert np.array_equal(whole[name], first[name])
        second = run["model"](first["canvas"])
        assert np.array_equal(whole["probabilities"], second["probabilities"])


def test_it_has_the_versions_and_the_weights_of_its_parts(several, files):
    model = onnx_format.load_from_string(files["image"])
    assert [(o.domain, o.version) for o in model.opset_import] == [("", 18)]
    assert model.ir_version == 8
    names = {tensor.name for tensor in model.graph.initializer}
    assert {"classifier.network.head.weight", "front.corners"} <= names
    assert [value.name for value in model.graph.output] == list(several["image"].outputs)
    assert [value.name for value in model.graph.input] == ["image"]


def test_the_same_parts_give_the_same_bytes(several, files):
    again = compose.chain(files["front"], files["model"], several["image"].outputs)
    assert again == files["image"]
