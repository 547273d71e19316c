"""ONNX: single files without sidecars, local paths or time stamps, the same bytes every time."""

import contextlib
import io
import logging
import re
import warnings
from collections.abc import Iterator

import onnx
import onnx_ir
import torch
from onnx_ir.passes.common import ClearMetadataAndDocStringPass
from torch.export import Dim

from digits.errors import ModelError, UsageError
from digits_export.blame import blamed
from digits_export.graphs import Graph

SUFFIX = ".onnx"
OLDEST_OPSET = 18
NEWEST_OPSET = 23


def check_opset(opset: int) -> None:
    """Refuse an opset that the exporter would ignore in silence.

    Raises:
        UsageError: The exporter can't write it.
    """
    if not OLDEST_OPSET <= opset <= NEWEST_OPSET:
        raise UsageError(
            f"opset {opset}: the exporter writes {OLDEST_OPSET} to {NEWEST_OPSET}; "
            f"{OLDEST_OPSET} is what most runtimes read"
        )


def save(graph: Graph, opset: int = OLDEST_OPSET) -> bytes:
    """Export a graph.

    Args:
        graph: What to export.
        opset: Version of ONNX's operators.

    Returns:
        The contents of an .onnx file.

    Raises:
        UsageError: The exporter doesn't write that opset.
        ModelError: The module has something that ONNX can't express.
    """
    check_opset(opset)
    sizes = {i: Dim(name) for i, name in enumerate(graph.open_sizes)}
    # Naming the error imports parts of the exporter, which after Ctrl-C warn of a second import.
    with _quiet():
        try:
            program = torch.onnx.export(
                graph.module,
                (graph.example_input(),),
                dynamo=True,
                opset_version=opset,
                external_data=False,
                input_names=[graph.input],
                output_names=list(graph.outputs),
                dynamic_shapes=(sizes,),
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise ModelError(f"{graph.name} can't be exported to ONNX: {blamed(error)}") from error
    if program is None:
        raise ModelError(f"{graph.name} can't be exported to ONNX: the exporter returned nothing")
    return reproducible(program.model, opset)


def parsed(model: bytes) -> onnx_ir.Model:
    """An exported graph, to build another one from."""
    return onnx_ir.from_proto(onnx.load_from_string(model))


def numbered(model: onnx_ir.Model) -> bytes:
    """Serialise a model; its inner values and nodes are numbered as if it were exported alone."""
    _number(model.graph)
    proto = onnx_ir.to_proto(model)
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def _number(graph: onnx_ir.Graph) -> None:
    """Number nodes and inner values anew: not all of the exporter's counters begin at 0."""
    # Constants of the module keep their names; those that the exporter made have numbers, too.
    named = {v for v in graph.initializers.values() if not re.fullmatch(r"val_\d+", v.name or "")}
    kept = {*graph.inputs, *graph.outputs, *named}
    used = dict.fromkeys(v for node in graph for v in (*node.inputs, *node.outputs) if v)
    values = [value for value in used if value not in kept]
    for prefix in ("free_", "val_"):  # in two steps, since the new names may be taken
        for i, value in enumerate(values):
            value.name = f"{prefix}{i}"
    for i, node in enumerate(graph):
        node.name = f"node_{node.op_type}_{i}"


def reproducible(model: onnx_ir.Model, opset: int) -> bytes:
    """Serialise without what depends on the machine, such as stack traces.

    The shapes of inner values stay: with them ONNX Runtime opens the front end in a third of the
    time, since it need not work out again which unknown sizes are the same.
    """
    ClearMetadataAndDocStringPass()(model)
    for value in model.graph.initializers.values():
        value.metadata_props.clear()  # which that pass forgets
    _number(model.graph)
    proto = onnx_ir.to_proto(model)
    proto.ir_version = onnx.helper.find_min_ir_version_for([onnx.helper.make_opsetid("", opset)])
    proto.ClearField("producer_version")
    written = [entry.version for entry in proto.opset_import if entry.domain == ""]
    if written != [opset]:
        raise ModelError(f"opset {opset} was asked for, the exporter wrote {written}")
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter tells of its progress and its attempts everywhere; ours has errors and notes."""
    logger = logging.getLogger("torch")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
