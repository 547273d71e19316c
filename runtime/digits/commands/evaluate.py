"""`digits eval`: measure a model's accuracy on labelled images."""

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from digits.accuracy import Score, by_kind, by_label, confusion, score
from digits.classifier import Classifier
from digits.commands import options
from digits.commands.options import ProviderOption, ReportFormat, ReportOption, note
from digits.commands.progress import counted
from digits.commands.tables import fields, table
from digits.errors import InputError
from digits.evaluation import DATASETS, Outcome, evaluate_dataset, evaluate_folder
from digits.prediction import Failure
from digits.providers import Provider


def evaluate(
    bundle: options.Bundle,
    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="mnist, fashion-mnist, or a folder with labels.csv or a subfolder for each label.",
        ),
    ],
    canvas: Annotated[
        bool, typer.Option("--canvas", help="Feed images to the classifier as they are.")
    ] = False,
    provider: ProviderOption = Provider.AUTO,
    data_dir: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Where data sets are, or are put.")
    ] = None,
    form: ReportOption = ReportFormat.TABLE,
) -> None:
    """Measure a model's accuracy on labelled images.

    Exit code 1 says that some images couldn't be read; the figures are about the others.
    """
    classifier = Classifier.load(bundle, provider)
    note(classifier.note)
    outcome = _run(classifier, data, data_dir, canvas=canvas)
    if not outcome.answers:
        raise InputError(f"{data}: none of its {len(outcome.failures)} images can be read")
    report = _json if form is ReportFormat.JSON else _text
    print(report(classifier, data, outcome, canvas=canvas))
    for failure in outcome.failures:
        note(f"{failure.path}: {failure.error}")
    if outcome.failures:
        raise typer.Exit(1)


def _run(classifier: Classifier, data: str, data_dir: Path | None, *, canvas: bool) -> Outcome:
    by_name = data in DATASETS
    items = (
        evaluate_dataset(classifier, data, data_dir, canvas=canvas)
        if by_name
        else evaluate_folder(classifier, Path(data), canvas=canvas)
    )
    outcome = Outcome()
    for item in counted(items, shown=sys.stderr.isatty()):
        if isinstance(item, Failure):
            outcome.failures.append(item)
        else:
            outcome.answers.append(item)
    return outcome


def _text(classifier: Classifier, data: str, outcome: Outcome, *, canvas: bool) -> str:
    answers, labels = outcome.answers, classifier.labels
    total = score(answers)
    head = fields(
        [
            ("model", f"{classifier.name} on {classifier.provider}"),
            ("data", f"{data}, {'as canvases' if canvas else 'through the front end'}"),
            ("accuracy", f"{_percent(total.accuracy)}: {total.right} of {total.total}"),
            ("95 % interval", _interval(total)),
            *([("not readable", len(outcome.failures))] if outcome.failures else []),
        ]
    )
    parts = [head, _scores("label", by_label(answers, labels))]
    kinds = by_kind(answers)
    if kinds:
        parts.append(_scores("kind", kinds))
    rows = [(label, *row) for label, row in zip(labels, confusion(answers, labels), strict=True)]
    parts.append(table(("shown \\ read", *labels), rows))
    return "\n\n".join(parts)


def _scores(name: str, scores: dict[str, Score]) -> str:
    rows = [
        (key, item.total, item.right, _percent(item.accuracy), _interval(item))
        for key, item in scores.items()
        if item.total
    ]
    return table((name, "images", "right", "accuracy", "95 % interval"), rows)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _interval(item: Score) -> str:
    low, high = item.interval
    return f"{100 * low:.1f} to {100 * high:.1f} %"


def _json(classifier: Classifier, data: str, outcome: Outcome, *, canvas: bool) -> str:
    answers, labels = outcome.answers, classifier.labels
    report = {
        "model": classifier.name,
        "provider": classifier.provider,
        "data": data,
        "canvas": canvas,
        **_record(score(answers)),
        "labels": {key: _record(item) for key, item in by_label(answers, labels).items()},
        "kinds": {key: _record(item) for key, item in by_kind(answers).items()},
        "confusion": confusion(answers, labels),
        "failures": [{"path": f.path, "error": f.error} for f in outcome.failures],
    }
    return json.dumps(report, indent=2)


def _record(item: Score) -> dict[str, object]:
    accuracy = item.accuracy if item.total else None
    return {
        "images": item.total,
        "right": item.right,
        "accuracy": accuracy,
        "interval": list(item.interval),
    }
