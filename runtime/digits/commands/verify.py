"""`digits verify`: prove an exported model on this device, without PyTorch."""

import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Annotated

from digits.bundle import DEFAULT, Bundle
from digits.classifier import Classifier
from digits.commands import options
from digits.commands.options import (
    ProviderOption,
    ReportFormat,
    ReportOption,
    VariantOption,
    note,
)
from digits.commands.output import output
from digits.commands.parameters import Option
from digits.commands.receipt import Replay, as_json, as_table
from digits.errors import ParityError, UsageError
from digits.extras import need
from digits.goldens import replay_parts
from digits.providers import Provider

# Needs torch, so it lives where that is.
_TRACE = "digits_export.trace.command:trace"
_TRACE_EXTRA = "export"

Trace = Callable[[Bundle, Path | None], None]


def verify(
    bundle: options.Bundle = DEFAULT,
    provider: ProviderOption = Provider.AUTO,
    variant: VariantOption = None,
    form: ReportOption = ReportFormat.TABLE,
    output_file: Annotated[
        Path | None,
        Option("--output", "-o", metavar="FILE", help="Write there, all or nothing."),
    ] = None,
    trace: Annotated[
        bool,
        Option("--trace", help="Name the first layer that is wrong; needs [export]."),
    ] = False,
    weights: Annotated[
        Path | None,
        Option(metavar="FILE", help="With --trace: the weights that were exported."),
    ] = None,
) -> None:
    """Prove an exported model on this device, without PyTorch.

    First that its files are those that were exported, then that they answer here as the trained
    network answered in float64, whichever way an image comes in. Exit code 3: files changed. 4: an
    answer differs too much.
    """
    if trace and variant is not None:
        raise UsageError("--trace looks at the float32 files: leave out --variant")
    tracing = _tracing(weights, wanted=trace)
    replay = _replay(bundle, provider, variant)
    text = as_json(replay) if form is ReportFormat.JSON else as_table(replay)
    if tracing is not None and form is ReportFormat.TABLE:
        text += "\n"  # before the trace's own table
    with output(output_file) as sink:
        print(text, file=sink)
    if tracing is not None:
        # A program that reads the receipt from stdout finds nothing else there.
        with redirect_stdout(sys.stderr if form is ReportFormat.JSON else sys.stdout):
            tracing(replay.classifier.bundle, weights)
    if replay.failed:
        failed = ", ".join(map(str, replay.failed))
        place = replay.classifier.bundle.directory
        raise ParityError(f"{place}: not as the trained network's: {failed}")


def _tracing(weights: Path | None, *, wanted: bool) -> Trace | None:
    """What names the wrong layer; asked for before the replay, since it may not be there."""
    if not wanted:
        if weights is not None:
            raise UsageError("--weights is for --trace: give both or none")
        return None
    need(_TRACE_EXTRA)
    module, _, function = _TRACE.partition(":")
    trace: Trace = getattr(import_module(module), function)
    return trace


def _replay(bundle: str, provider: Provider, variant: str | None) -> Replay:
    start = perf_counter()
    classifier = Classifier.load(bundle, provider, variant=variant)
    opening = perf_counter() - start
    note(classifier.note)
    return Replay(classifier, tuple(replay_parts(classifier)), opening)
