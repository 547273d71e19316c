"""`digits inspect`: describe an exported model, without PyTorch and without running it."""

import json
from dataclasses import asdict

from digits.abstain import CONFIDENCE, OTHERS, PRESENT, Thresholds
from digits.bundle import DEFAULT, Bundle, open_bundle
from digits.commands import options
from digits.commands.options import ReportFormat, ReportOption
from digits.commands.tables import fields, table
from digits.manifest import Graph, Tensor

# Of more labels, those at the beginning are shown.
_LABELS = 20


def inspect(bundle: options.Bundle = DEFAULT, form: ReportOption = ReportFormat.TABLE) -> None:
    """Describe an exported model: what it reads, what goes in and out, which files it has."""
    opened = open_bundle(bundle)
    print(_json(opened) if form is ReportFormat.JSON else _text(opened))


def _json(bundle: Bundle) -> str:
    return json.dumps({"directory": str(bundle.directory), **asdict(bundle.manifest)}, indent=2)


def _text(bundle: Bundle) -> str:
    manifest = bundle.manifest
    tools = ", ".join(f"{name} {version}" for name, version in manifest.tools.items())
    head = fields(
        [
            ("model", f"{manifest.name}: {manifest.title}"),
            ("directory", bundle.directory),
            ("network", f"{manifest.arch}, {manifest.parameters:,} parameters"),
            ("trained on", manifest.dataset),
            ("labels", _few(manifest.labels)),
            ("front end", f"{manifest.front}, evidence: {', '.join(manifest.evidence) or 'none'}"),
            ("canvas", f"{manifest.canvas_dtype} {list(manifest.canvas_shape)}"),
            ("temperature", f"{manifest.temperature:g}"),
            ("no label", _abstain(manifest.abstain)),
            ("variants", ", ".join(manifest.variants) or "none"),
            ("weights", manifest.weights.get("sha256", "unknown")),
            ("opset", f"{manifest.opset}, IR version {manifest.ir_version}"),
            ("exported with", tools or "unknown"),
        ]
    )
    graphs = "\n".join(_graph(name, graph) for name, graph in manifest.graphs.items())
    rows = [(name, f"{file.bytes:,}", file.sha256) for name, file in manifest.files.items()]
    return f"{head}\n\n{graphs}\n\n{table(('file', 'bytes', 'sha256'), rows)}"


def _few(labels: tuple[str, ...]) -> str:
    if len(labels) <= _LABELS:
        return ", ".join(labels)
    return f"{', '.join(labels[:_LABELS])}, … {len(labels):,} in all (--format json lists them)"


def _abstain(thresholds: Thresholds) -> str:
    words = {PRESENT: "empty if present <", OTHERS: "several if others >"}
    words[CONFIDENCE] = "unsure if confidence <"
    parts = [f"{words[name]} {thresholds[name]:g}" for name in words if name in thresholds]
    return ", ".join(parts) or "never: every image gets one"


def _graph(name: str, graph: Graph) -> str:
    inputs = ", ".join(map(_tensor, graph.inputs))
    outputs = "\n".join(f"    -> {_tensor(tensor)}" for tensor in graph.outputs)
    return f"{name}: {inputs}\n{outputs}"


def _tensor(tensor: Tensor) -> str:
    return f"{tensor.name} {tensor.dtype} [{', '.join(map(str, tensor.shape))}]"
