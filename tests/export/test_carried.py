"""That a wrong weight is found even where no answer shows it."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import nn

from digits_export import graphs, onnx, torchscript
from digits_export.carried import carried
from digits_export.subject import trained_subject
from digits_models import weights


@pytest.fixture(scope="module")
def graph():
    return graphs.graphs(trained_subject(weights.load("mlp")))["model"]


@pytest.fixture(params=["model.onnx", "model.torchscript.pt"])
def form(request):
    return request.param, onnx if request.param.endswith(".onnx") else torchscript


def swapped(module):
    """A copy in which two weights of the corner's pixel, which no digit touches, are swapped."""
    module = deepcopy(module)
    with torch.no_grad():
        first = module.network.body.hidden1.weight
        first[[0, 1], 0] = first[[1, 0], 0]
    return module


def test_an_export_carries_every_trained_tensor(graph, form):
    file, save = form
    found = carried(file, graph.module, save.save(graph))
    assert (found.tensors, found.missing, found.passed) == (6, (), True)


def test_two_swapped_weights_are_found_and_named(graph, form):
    file, save = form
    wrong = replace(graph, module=swapped(graph.module))
    found = carried(file, graph.module, save.save(wrong))
    assert found.missing == ("network.body.hidden1.weight",)
    assert not found.passed


def test_a_bias_of_zeros_need_not_be_there():
    network = nn.Conv2d(1, 2, 3)
    nn.init.zeros_(network.bias)
    graph = graphs.Graph("model", network.eval(), "x", ("batch",), ("y",), (2, 1, 8, 8))
    found = carried("model.torchscript.pt", network, torchscript.save(graph))
    assert (found.tensors, found.missing) == (1, ())


def test_layers_that_fold_others_are_said():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2)).eval()
    with torch.no_grad():
        network[1].running_var.fill_(4.0)
    folded = nn.utils.fusion.fuse_conv_bn_eval(network[0], network[1])
    graph = graphs.Graph("model", folded, "x", ("batch",), ("y",), (2, 1, 8, 8))
    found = carried("model.torchscript.pt", network, torchscript.save(graph))
    assert found.folds
    assert found.passed
    assert "0.weight" in found.missing
