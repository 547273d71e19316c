"""Classifiers whose nodes ONNX Runtime all puts on CUDA, so that none is refused there.

It keeps what computes shapes on the CPU, and the runtime forbids that for the classifier.
"""

import onnx
import pytest

from digits.bundle import MODEL, open_bundle, shipped
from digits_export import onnx as exporter
from digits_export.graphs import Graph
from digits_models import registry

# Kept on the CPU, or a control flow that no CUDA graph records.
ON_THE_CPU = {"Shape", "Size", "Concat", "Gather", "Slice", "Range", "ConstantOfShape", "NonZero"}
ON_THE_CPU |= {"If", "Loop", "Scan"}


def operators(model: bytes) -> set[str]:
    return {node.op_type for node in onnx.load_from_string(model).graph.node}


@pytest.mark.parametrize("name", registry.names())
def test_preparing_computes_no_shapes(name: str) -> None:
    prepare = registry.get(name).prepare().eval()
    graph = Graph("prepare", prepare, "canvas", ("batch",), ("x",), (3, 28, 28))
    assert not operators(exporter.save(graph)) & ON_THE_CPU


@pytest.mark.parametrize("name", shipped())
def test_shipped_classifiers_compute_no_shapes(name: str) -> None:
    assert not operators(open_bundle(name).read(MODEL)) & ON_THE_CPU
