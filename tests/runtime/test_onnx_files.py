"""Graphs that somebody made to do harm: refused before ONNX Runtime sees them, or by it."""

import resource
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import GraphProto, ModelProto, TensorProto, helper, numpy_helper

from digits import bundle as bundles
from digits.classifier import Classifier
from digits.errors import ModelError
from digits.onnx_files import check_self_contained

Command = Callable[..., tuple[int, str, str]]
Reseal = Callable[..., None]

FLOAT = TensorProto.FLOAT
ENDS = [helper.make_tensor_value_info(name, FLOAT, ["n", 4]) for name in ("x", "y")]


def model(*nodes: onnx.NodeProto, weights: tuple = (), **options: object) -> ModelProto:
    graph = helper.make_graph(nodes, "g", ENDS[:1], ENDS[1:], weights)
    opsets = [helper.make_opsetid("", 18), helper.make_opsetid("own", 1)]
    return helper.make_model(graph, opset_imports=opsets, ir_version=8, **options)


def outside(location: str) -> TensorProto:
    tensor = TensorProto(name="w", data_type=FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in {"location": location, "offset": "0", "length": "16"}.items():
        tensor.external_data.add(key=key, value=value)
    return tensor


def branch(name: str) -> GraphProto:
    node = helper.make_node("Identity", ["x"], [name])
    return helper.make_graph([node], "b", [], [helper.make_tensor_value_info(name, FLOAT, None)])


ADD = helper.make_node("Add", ["x", "w"], ["y"])
OUTSIDE = "keeps weights outside of the file"
WITHIN = "a graph within a graph"
HARMFUL = {
    "absolute": (model(ADD, weights=(outside("/etc/passwd"),)), OUTSIDE),
    "beside": (model(ADD, weights=(outside("goldens.npz"),)), OUTSIDE),
    "memory": (model(ADD, weights=(outside("*/_ORT_MEM_ADDR_/*"),)), OUTSIDE),
    "constant": (
        model(helper.make_node("Constant", [], ["w"], value=outside("/etc/passwd")), ADD),
        OUTSIDE,
    ),
    "branches": (
        model(
            helper.make_node("If", ["c"], ["y"], then_branch=branch("a"), else_branch=branch("b"))
        ),
        WITHIN,
    ),
    "loop": (model(helper.make_node("Loop", ["n", "c", "x"], ["y"], body=branch("a"))), WITHIN),
    "functions": (
        model(
            helper.make_node("Twice", ["x"], ["y"], domain="own"),
            functions=[
                helper.make_function(
                    "own",
                    "Twice",
                    ["x"],
                    ["y"],
                    [helper.make_node("Add", ["x", "x"], ["y"])],
                    [helper.make_opsetid("", 18)],
                )
            ],
        ),
        "has functions of its own",
    ),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_what_reaches_out_or_never_ends_is_refused(name: str) -> None:
    harmful, reason = HARMFUL[name]
    with pytest.raises(ValueError, match=reason):
        check_self_contained(harmful.SerializeToString())


def test_plain_models_pass_whatever_their_names(tiny: Path) -> None:
    weight = numpy_helper.from_array(np.zeros(4, np.float32), "body.location")
    plain = model(helper.make_node("Add", ["x", "body.location"], ["y"]), weights=(weight,))
    check_self_contained(plain.SerializeToString())
    for name in ("model.onnx", "front.onnx"):
        check_self_contained((tiny / name).read_bytes())


def test_damaged_files_are_refused() -> None:
    whole = HARMFUL["absolute"][0].SerializeToString()
    refused = 0
    for end in range(len(whole)):  # cut anywhere, it is refused or has no graph left
        try:
            check_self_contained(whole[:end])
        except ValueError:
            refused += 1
    assert refused >= len(whole) - 20
    for data in (b"\x0b\x0c", b"\x08", b"\xff" * 20, b"\x3a\xff\xff\xff\xff\x0f", b"no graph"):
        with pytest.raises(ValueError, match="is no ONNX file, or a damaged one"):
            check_self_contained(data)


@pytest.mark.parametrize("name", HARMFUL)
def test_a_bundle_with_it_is_refused(
    run: Command, bundle: Path, reseal: Reseal, photo: Callable[..., Path], name: str
) -> None:
    harmful, reason = HARMFUL[name]
    (bundle / "model.onnx").write_bytes(harmful.SerializeToString())
    reseal(bundle)
    code, out, err = run("infer", photo(), "--model", bundle, "--provider", "cpu")
    assert (code, out) == (3, "")
    assert f"model.onnx: {reason}" in err.replace("has a graph", "a graph")
    assert err.count("\n") == 1


def claim(dims: list[int]) -> TensorProto:
    return TensorProto(name="w", data_type=FLOAT, dims=dims, raw_data=bytes(16))


CYCLE = [helper.make_node("Add", ["x", f"{a}"], [f"{b}"]) for a, b in ("ba", "ab", "by")]
IMPOSSIBLE = {
    "weights of 4 TB": model(
        helper.make_node("Gather", ["w", "i"], ["v"]),
        helper.make_node("Add", ["x", "v"], ["y"]),
        weights=(claim([10**12]), numpy_helper.from_array(np.array(0), "i")),
    ),
    "more than there are numbers": model(ADD, weights=(claim([2**32, 2**32, 2**30]),)),
    "less than nothing": model(ADD, weights=(claim([-4]),)),
    "a cycle": model(*CYCLE),
    "an operator of its own": model(helper.make_node("Evil", ["x"], ["y"], domain="own")),
    "many dimensions": model(ADD, weights=(claim([1] * 100_000),)),
}


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_onnx_runtime_refuses_the_rest(bundle: Path, reseal: Reseal, name: str) -> None:
    (bundle / "model.onnx").write_bytes(IMPOSSIBLE[name].SerializeToString())
    reseal(bundle)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ModelError, match=r"model\.onnx: ") as caught:
        Classifier.load(bundle, provider="cpu")
    assert "\n" not in str(caught.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # KiB


@pytest.fixture
def lenet(tmp_path: Path) -> Path:
    """A copy of the shipped model, to forge."""
    copy = tmp_path / "lenet"
    copy.mkdir()
    for file in bundles.open_bundle("lenet").directory.iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def forge(file: Path, reseal_files: Callable[[Path], None], change: Callable[[ModelProto], None]):
    proto = onnx.load(file)
    change(proto)
    file.write_bytes(proto.SerializeToString())
    reseal_files(file.parent)


def negate_bias(proto: ModelProto) -> None:
    bias = min(proto.graph.initializer, key=lambda tensor: abs(np.prod(tensor.dims) - 10))
    bias.CopyFrom(numpy_helper.from_array(-numpy_helper.to_array(bias), bias.name))


def swap_outputs(proto: ModelProto) -> None:
    logits, probabilities = proto.graph.output
    names = {logits.name: probabilities.name, probabilities.name: logits.name}
    for node in proto.graph.node:
        node.output[:] = [names.get(name, name) for name in node.output]
        node.input[:] = [names.get(name, name) for name in node.input]


@pytest.mark.parametrize("change", [negate_bias, swap_outputs])
def test_other_weights_with_the_right_digest_fail_the_goldens(
    run: Command, lenet: Path, reseal_files: Callable[[Path], None], change: Callable
) -> None:
    forge(lenet / "model.onnx", reseal_files, change)
    code, out, err = run("verify", lenet, "--provider", "cpu")
    assert code == 4
    assert "FAILED" in out
    assert "not as the trained network" in err


def test_other_goldens_with_the_right_digest_fail(
    run: Command, lenet: Path, reseal_files: Callable[[Path], None]
) -> None:
    with np.load(lenet / "goldens.npz") as file:
        arrays = dict(file)
    arrays["image_3_canvas"] = arrays["image_4_canvas"]
    np.savez(lenet / "goldens.npz", **arrays)
    reseal_files(lenet)
    code, _, err = run("verify", lenet, "--provider", "cpu")
    assert code == 4
    assert "canvas" in err
