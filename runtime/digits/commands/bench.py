"""`digits bench`: measure this runtime beside what users would pick instead."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from digits.bench import cuda, registry
from digits.bench.child import check_system
from digits.bench.measurement import Measurement, Settings
from digits.bench.record import run_of
from digits.bench.results import Run, from_record, to_json
from digits.bench.rounds import measure
from digits.bench.sizes import FULL, FULL_ROUNDS, QUICK, QUICK_ROUNDS
from digits.bundle import DEFAULT, open_bundle
from digits.commands.bench_tables import as_comparison, as_table, comparison_record
from digits.commands.options import ReportFormat, ReportOption
from digits.commands.output import output
from digits.errors import InputError, OutputError, UsageError
from digits.providers import Provider
from digits.reports import directory


def bench(
    only: Annotated[
        str, typer.Option(metavar="NAME,...", help=f"Of {', '.join(registry.NAMES)}.")
    ] = "",
    rounds: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="How often each has its turn.")
    ] = None,
    images: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Small pictures in a folder.")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A minute or two instead of ten.")] = False,
    peers: Annotated[
        bool, typer.Option("--peers/--no-peers", help="Whether to measure others, too.")
    ] = True,
    model: Annotated[
        str, typer.Option(metavar="NAME|DIR", help="A shipped model, or an exported directory.")
    ] = DEFAULT,
    provider: Annotated[
        Provider, typer.Option(help="Where: all on the CPU, or large and small networks on CUDA.")
    ] = Provider.CPU,
    form: ReportOption = ReportFormat.TABLE,
    output_file: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FILE", help="Write all samples there, as JSON."),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Write a page (index.html) and its pictures there."),
    ] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Show what changed since that run.")
    ] = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Show that run again; measure nothing."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Keep the images there for the next run.")
    ] = None,
) -> None:
    """Measure this runtime beside what users would pick instead, and beside the bare limit.

    Every contender runs as a process of its own, all in turn, several rounds. Those that aren't
    installed are left out, with a line that says how to install them. Exit code 1 says that
    something of ours failed; a target that is missed is no failure.
    """
    old = None if compare is None else _read(compare)
    _check_places(output_file, report)
    if source is not None:
        run = _read(source)
    else:
        if provider is Provider.AUTO:
            raise UsageError(
                "provider auto: give cpu or cuda, so that it is known what is measured"
            )
        sizes = QUICK if quick else FULL
        sizes = sizes if images is None else replace(sizes, images=images)
        turns = rounds or (QUICK_ROUNDS if quick else FULL_ROUNDS)
        with _folder(keep) as folder:
            settings = Settings(model, provider.value, sizes, turns, folder, peers)
            if provider is Provider.CUDA:
                run = _on_cuda(settings, _names(only), quick=quick, rounds=rounds)
            else:
                run = _measured(registry.chosen(_names(only)), settings)
    _show(run, old, form, output_file, report)
    if any(measured.failed for measured in run.measured):
        raise typer.Exit(1)


class _TriedError(Exception):
    """A file could be written."""


def _names(only: str) -> list[str]:
    return [name.strip() for name in only.split(",")] if only else []


def _check_places(output_file: Path | None, report: Path | None) -> None:
    """Before half an hour of measuring, not after."""
    if output_file is not None:
        with suppress(_TriedError), output(output_file):
            raise _TriedError  # so that nothing is left, or what is there stays
    if report is not None:
        directory.check(report)


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        try:
            keep.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{keep}: can't be written: {error.strerror}") from error
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="digits-bench-") as folder:
        yield Path(folder)


def _measured(chosen: list[Measurement], settings: Settings) -> Run:
    check_system()
    name = open_bundle(settings.model).name
    measured = []
    for measurement in chosen:
        measured.append(measure(measurement, settings, _say))
        _say("")
    return run_of(settings, name, tuple(measured))


def _on_cuda(settings: Settings, only: list[str], *, quick: bool, rounds: int | None) -> Run:
    check_system()
    measured, gpu = cuda.measure(settings, only, quick=quick, rounds=rounds)
    return run_of(settings, "", measured, gpu)


def _say(text: str) -> None:
    """What is under way, on a terminal."""
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def _read(file: Path) -> Run:
    try:
        record = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"{file}: can't be read: {error.strerror}") from error
    except ValueError as error:
        raise InputError(f"{file}: is no JSON: give the file of digits bench --output") from error
    return from_record(record, str(file))


def _show(
    run: Run, old: Run | None, form: ReportFormat, output_file: Path | None, report: Path | None
) -> None:
    record = to_json(run)
    if output_file is not None:
        with output(output_file) as sink:
            sink.write(f"{record}\n")
    if report is not None:
        from digits.reports.bench import report as report_files

        report_files.write(report, run)
    if form is ReportFormat.JSON:
        print(record if old is None else json.dumps(comparison_record(old, run), indent=1))
    else:
        print(as_table(run) if old is None else f"{as_table(run)}\n\n{as_comparison(old, run)}")
