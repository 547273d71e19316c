"""`digits verify`: prove an exported model on this device, without PyTorch."""

import json
import platform
from dataclasses import asdict
from math import isfinite

from digits import __version__
from digits.bundle import DEFAULT
from digits.classifier import Classifier
from digits.commands import options
from digits.commands.options import ProviderOption, ReportFormat, ReportOption, note
from digits.commands.tables import fields, table
from digits.errors import ParityError
from digits.goldens import Check, replay
from digits.providers import Provider, load_onnxruntime


def verify(
    bundle: options.Bundle = DEFAULT,
    provider: ProviderOption = Provider.AUTO,
    form: ReportOption = ReportFormat.TABLE,
) -> None:
    """Prove an exported model on this device, without PyTorch.

    First that its files are those that were exported, then that they answer here as the trained
    network answered in float64. Exit code 3: files changed. 4: an answer differs too much.
    """
    classifier = Classifier.load(bundle, provider)
    note(classifier.note)
    checks = replay(classifier)
    show = _receipt if form is ReportFormat.JSON else _table
    print(show(classifier, checks))
    failed = [check.name for check in checks if not check.passed]
    if failed:
        raise ParityError(
            f"{classifier.bundle.directory}: {', '.join(failed)} not as the trained network's"
        )


def _table(classifier: Classifier, checks: list[Check]) -> str:
    bundle = classifier.bundle
    head = [
        ("model", f"{bundle.name}: {bundle.manifest.title}"),
        ("files", f"{len(bundle.manifest.files)} as exported (sha256)"),
        *((file, str(receipt)) for file, receipt in classifier.assignments().items()),
    ]
    rows = [
        (
            c.name,
            c.compared,
            f"{c.worst:.3g}",
            f"{c.tolerance:g}",
            c.unit,
            "ok" if c.passed else "FAILED",
        )
        for c in checks
    ]
    columns = ("output", "goldens", "worst", "allowed", "", "")
    return f"{fields(head)}\n\n{table(columns, rows)}"


def _receipt(classifier: Classifier, checks: list[Check]) -> str:
    """The same for programs, with what it was measured on."""
    bundle = classifier.bundle
    receipt = {
        "model": bundle.name,
        "weights": bundle.manifest.weights.get("sha256"),
        "files": {name: record.sha256 for name, record in bundle.manifest.files.items()},
        "provider": classifier.provider,
        "graphs": {file: asdict(item) for file, item in classifier.assignments().items()},
        "digits": __version__,
        "onnxruntime": load_onnxruntime().__version__,
        "machine": platform.platform(),
        "checks": [_record(check) for check in checks],
        "passed": all(check.passed for check in checks),
    }
    return json.dumps(receipt, indent=2)


def _record(check: Check) -> dict[str, object]:
    # JSON has no NaN and no infinity.
    worst = check.worst if isfinite(check.worst) else str(check.worst)
    return asdict(check) | {"worst": worst, "passed": check.passed}
