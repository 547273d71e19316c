"""`digits verify --trace`: the first layer of each file that leaves its bound."""

from collections.abc import Iterator, Mapping
from pathlib import Path

from digits.bundle import Bundle
from digits.errors import ModelError, ParityError
from digits_export import onnx, torchscript
from digits_export.carried import carried
from digits_export.foreign import recorded_subject
from digits_export.graphs import Graph, graphs
from digits_export.subject import trained_subject
from digits_export.trace.finding import trace as trace_file
from digits_export.trace.table import show
from digits_models import registry
from digits_models.weights import load


def trace(bundle: Bundle, weights: Path | None) -> None:
    """Compare every layer of an exported network with the trained one, and print what is wrong.

    Args:
        bundle: The exported network.
        weights: What it was exported from; None: the weights that come with the package.

    Raises:
        UsageError: It was exported from somebody's module, which isn't here.
        ModelError: These aren't the weights that it was exported from.
        ParityError: A layer leaves its bound, or a file lacks a weight.
    """
    files = [(file, bundle.read(file), graph) for file, graph in _files(bundle, weights)]
    traces = [trace_file(file, data, graph) for file, data, graph in files]
    # A wrong weight of a unit that never fires changes no layer's output.
    held = [
        carried(file, graph.module, data)
        for file, data, graph in files
        if any(True for _ in graph.module.parameters())
    ]
    print(show(traces, held))
    failed = [f"{t.file} goes wrong at {t.wrong.name}" for t in traces if t.wrong]
    failed += [f"{c.file} lacks {c.missing[0]} as trained" for c in held if not c.passed]
    if failed:
        raise ParityError(f"{bundle.directory}: {'; '.join(failed)}")


def _files(bundle: Bundle, weights: Path | None) -> Iterator[tuple[str, Graph]]:
    """The files of the bundle that hold a graph, with the graph."""
    for name, graph in _graphs(bundle, weights).items():
        for suffix in (onnx.SUFFIX, torchscript.SUFFIX):
            if name + suffix in bundle.manifest.files:
                yield name + suffix, graph


def _graphs(bundle: Bundle, weights: Path | None) -> Mapping[str, Graph]:
    """The graphs that the bundle was exported from."""
    manifest = bundle.manifest
    if manifest.arch in registry.names():
        subject = trained_subject(load(manifest.arch, weights))
    else:
        subject = recorded_subject(manifest.weights, weights)
    exported = manifest.weights.get("sha256")
    if subject.digest != exported:
        raise ModelError(
            f"{bundle.directory}: was exported from weights {str(exported)[:8]}…, these are "
            f"{subject.digest[:8]}…: give the file that it was exported from with --weights"
        )
    return graphs(subject)
