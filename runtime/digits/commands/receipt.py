"""What `digits verify` found, for people and for programs.

The receipt names the machine's kind, not the machine: no path, no user and no host is in it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from digits import __version__
from digits.classifier import Classifier
from digits.commands.tables import fields, table
from digits.goldens import Check, Part
from digits.goldens.check import finite
from digits.providers import installed_wheels, load_onnxruntime
from digits.sessions import Assignment

# Passed, but it should be seen: labels that flipped where float64 nearly ties.
_UNDECIDED = "{} more within the bound"


@dataclass(frozen=True)
class Replay:
    """A replay of a bundle's goldens on this machine.

    Attributes:
        classifier: What was replayed.
        parts: The parts of the replay.
        opening: Seconds that it took to check the files and open the graphs.
    """

    classifier: Classifier
    parts: Sequence[Part]
    opening: float

    @property
    def checks(self) -> list[Check]:
        """All that was compared."""
        return [check for part in self.parts for check in part.checks]

    @property
    def failed(self) -> list[Check]:
        """What differed too much."""
        return [check for check in self.checks if not check.passed]

    @property
    def graphs(self) -> Mapping[str, Assignment]:
        """Where the nodes of each graph ran."""
        combined = {part.name: part.assignment for part in self.parts if part.assignment}
        return {**self.classifier.assignments(), **combined}


def as_table(replay: Replay) -> str:
    """For people."""
    bundle = replay.classifier.bundle
    head = [
        ("model", f"{replay.classifier.full_name}: {bundle.manifest.title}"),
        ("files", f"{len(bundle.manifest.files)} as exported (sha256)"),
        *((file, str(receipt)) for file, receipt in replay.graphs.items()),
        *(("given up", note) for receipt in replay.graphs.values() for note in receipt.notes),
    ]
    rows = [_row(check) for check in replay.checks]
    columns = ("output", "goldens", "worst", "typical", "allowed", "", "")
    return f"{fields(head)}\n\n{table(columns, rows)}"


def as_json(replay: Replay) -> str:
    """For programs, with what it was measured on."""
    # Takes some milliseconds that a table needn't.
    from digits.machine.description import describe

    classifier = replay.classifier
    bundle = classifier.bundle
    seconds = {"opening": replay.opening, **{part.name: part.seconds for part in replay.parts}}
    receipt = {
        "model": bundle.name,
        "variant": bundle.variant,
        "weights": bundle.manifest.weights.get("sha256"),
        "files": {name: record.sha256 for name, record in bundle.manifest.files.items()},
        "machine": asdict(describe()),
        "digits": __version__,
        "onnxruntime": _onnxruntime(),
        "provider": classifier.provider,
        "graphs": {file: asdict(item) for file, item in replay.graphs.items()},
        "checks": [_record(check) for check in replay.checks],
        "passed": not replay.failed,
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
    }
    return json.dumps(receipt, indent=2)


def _row(check: Check) -> tuple[object, ...]:
    undecided = 0 if check.flips is None else check.flips - int(check.worst)
    state = "ok" if check.passed else f"FAILED at {check.where}" if check.where else "FAILED"
    return (
        check.name,
        check.compared,
        f"{check.worst:.3g}",
        "" if check.typical is None else f"{check.typical:.3g}",
        f"{check.allowed:g}",
        f"{check.unit}, {_UNDECIDED.format(undecided)}" if undecided else check.unit,
        state,
    )


def _record(check: Check) -> dict[str, object]:
    typical = None if check.typical is None else finite(check.typical)
    differences = {"worst": finite(check.worst), "typical": typical}
    return asdict(check) | differences | {"passed": check.passed}


def _onnxruntime() -> dict[str, Any]:
    runtime = load_onnxruntime()
    return {
        "version": runtime.__version__,
        "wheels": installed_wheels(),
        "build": getattr(runtime, "get_build_info", lambda: None)(),
        "providers": list(runtime.get_available_providers()),
    }
