"""Tracing one file of a bundle: run it beside the trained net, and say where it goes wrong."""

from collections.abc import Iterable
from dataclasses import dataclass

from torch import nn

from digits.errors import UsageError
from digits_export import onnx, torchscript
from digits_export.graphs import Graph
from digits_export.inputs import Pixels
from digits_export.trace.bounds import SHARE, difference
from digits_export.trace.cases import cases, settled
from digits_export.trace.layers import Run, record
from digits_export.trace.match import Match, closest, culprit, matches
from digits_export.trace.onnx_values import OnnxInside
from digits_export.trace.script_values import ScriptInside
from digits_export.trace.values import Inside, Values

# In place of a case, where there was none to compare on.
UNSETTLED = "no sample: float32 rounds a pixel of each another way than float64"


@dataclass(frozen=True)
class Compared:
    """A layer as an export computes it.

    Attributes:
        name: The layer's name.
        error: Largest difference from float64 of the closest value; infinite if there is none of
            that size, or if it isn't finite.
        allowed: The bound.
        value: What the export calls that value; empty if there is none.
    """

    name: str
    error: float
    allowed: float
    value: str


@dataclass(frozen=True)
class Trace:
    """What a trace of one file found.

    Attributes:
        file: Name of the file.
        layers: How many layers the network has.
        found: How many of them the export has within their bounds. The others it computes in other
            ways, unless one is wrong.
        case: What it ran on last.
        wrong: The first layer that leaves its bound, on the way to an output that does.
        inputs: What that layer reads.
    """

    file: str
    layers: int
    found: int
    case: str
    wrong: Compared | None
    inputs: tuple[Compared, ...]


def trace(
    file: str,
    data: bytes,
    graph: Graph,
    several: Iterable[tuple[str, Pixels]] | None = None,
    share: float = SHARE,
) -> Trace:
    """Look for the first layer of an export that leaves its bound.

    Args:
        file: Its name: .onnx or .torchscript.pt.
        data: Its contents.
        graph: The trained network that it was exported from.
        several: Batches to run, uint8, each with a name; a choice of samples if left out. It ends
            at the first on which something is wrong.
        share: Allowed difference as a share of a layer's largest value; what float32 leaves, if
            left out. An export in half precision needs 2e-2.

    Raises:
        UsageError: There is nothing to run, or it is of neither format.
        ModelError: The export can't be opened.
    """
    export, truth = _open(file, data, graph), graph.truth()
    result = None
    for case, pixels in cases(graph) if several is None else several:
        sides = _run(graph, truth, export, pixels)
        rows = settled(*sides, pixels)
        if not len(rows):
            result = result or Trace(file, len(sides[0].layers), 0, UNSETTLED, None, ())
            continue
        if len(rows) < len(pixels):
            sides = _run(graph, truth, export, rows)
        result = _compare(file, case, *sides, share)
        if result.wrong:
            break
    if result is None:
        raise UsageError(f"{file}: nothing to trace it on: give at least one batch")
    return result


def _open(file: str, data: bytes, graph: Graph) -> Inside:
    if file.endswith(onnx.SUFFIX):
        return OnnxInside(data)
    if file.endswith(torchscript.SUFFIX):
        return ScriptInside(data, graph.outputs)
    raise UsageError(f"{file}: can't be traced: give a {onnx.SUFFIX} or {torchscript.SUFFIX} file")


def _run(graph: Graph, truth: nn.Module, export: Inside, pixels: Pixels) -> tuple[Run, Run, Values]:
    """The batch in float64, in float32, and in the export."""
    return (
        record(truth, graph.outputs, pixels),
        record(graph.module, graph.outputs, pixels),
        export.run(pixels),
    )


def _compare(file: str, case: str, truth: Run, eager: Run, values: Values, share: float) -> Trace:
    several = matches(truth, eager, values, share)
    number = culprit(truth, several)
    found = sum(match.found for match in several)
    if number is None:
        return Trace(file, len(several), found, case, None, ())
    layer = truth.layers[number]
    image = [Compared("the input itself", 0.0, 0.0, "")] if layer.first else []
    read = [_compared(several[i], values) for i in layer.inputs]
    wrong = _compared(several[number], values)
    return Trace(file, len(several), found, case, wrong, (*image, *read))


def _compared(match: Match, values: Values) -> Compared:
    """The layer beside its value, or the value that comes closest to it."""
    if match.value and match.own:
        return Compared(match.layer.name, match.error, match.allowed, match.value)
    value = closest(match, values)
    if value is None:
        return Compared(match.layer.name, match.error, match.allowed, "")
    error = difference(value.array, match.layer.output)
    return Compared(match.layer.name, error, match.allowed, value.name)
