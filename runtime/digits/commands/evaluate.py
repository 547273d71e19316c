"""`digits eval`: measure a model's accuracy on labelled images."""

import json
import sys
from pathlib import Path
from typing import Annotated

from digits.classifier import Classifier
from digits.commands import options
from digits.commands.options import (
    AlwaysOption,
    MinConfidenceOption,
    ProviderOption,
    ReportFormat,
    ReportOption,
    Tf32Option,
    VariantOption,
    note,
)
from digits.commands.parameters import Argument, Option
from digits.commands.progress import counted
from digits.commands.scores import scores
from digits.errors import InputError
from digits.evaluation import DATASETS, evaluate_dataset, evaluate_folder
from digits.figures import figures
from digits.outcome import Outcome
from digits.providers import Provider
from digits.reports import directory
from digits.reports import report as report_files


def evaluate(
    bundle: options.Bundle,
    data: Annotated[
        str,
        Argument(
            metavar="DATA",
            help="mnist, fashion-mnist, or a folder with labels.csv or a subfolder for each label.",
        ),
    ],
    canvas: Annotated[
        bool, Option("--canvas", help="Feed images to the classifier as they are.")
    ] = False,
    report: Annotated[
        Path | None,
        Option(
            metavar="DIR", help="Write a page (index.html), its pictures and report.json there."
        ),
    ] = None,
    min_confidence: MinConfidenceOption = None,
    always: AlwaysOption = False,
    provider: ProviderOption = Provider.AUTO,
    variant: VariantOption = None,
    tf32: Tf32Option = False,
    data_dir: Annotated[
        Path | None, Option(metavar="DIR", help="Where data sets are, or are put.")
    ] = None,
    form: ReportOption = ReportFormat.TABLE,
) -> int:
    """Measure a model's accuracy on labelled images.

    Images that show none of the labels have an empty label in labels.csv, or "none"; to abstain is
    right there. Exit code 1 says that some images couldn't be read; the figures are about the
    others.
    """
    if report is not None:
        # Before images are read for minutes.
        directory.check(report)
    classifier = Classifier.load(
        bundle,
        provider,
        min_confidence=min_confidence,
        abstain=not always,
        variant=variant,
        tf32=tf32,
    )
    note(classifier.note)
    outcome = _run(classifier, data, data_dir, canvas=canvas)
    if not outcome.answers:
        raise InputError(f"{data}: none of its {len(outcome.failures)} images can be read")
    if report is not None:
        report_files.write(report, outcome)
    print(json.dumps(figures(outcome), indent=2) if form is ReportFormat.JSON else scores(outcome))
    for failure in outcome.failures:
        note(f"{failure.path}: {failure.error}")
    return 1 if outcome.failures else 0


def _run(classifier: Classifier, data: str, data_dir: Path | None, *, canvas: bool) -> Outcome:
    items = (
        evaluate_dataset(classifier, data, data_dir, canvas=canvas)
        if data in DATASETS
        else evaluate_folder(classifier, Path(data), canvas=canvas)
    )
    outcome = Outcome(
        model=classifier.full_name,
        provider=classifier.provider,
        labels=classifier.labels,
        data=data,
        canvas=canvas,
        # Without the front end, nothing abstains.
        thresholds={} if canvas else dict(classifier.thresholds),
    )
    for item in counted(items, shown=sys.stderr.isatty()):
        outcome.take(item)
    return outcome
