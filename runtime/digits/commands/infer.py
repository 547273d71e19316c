"""`digits infer`, also known as `digits-infer`: read the digits in images and folders."""

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated, TextIO

from digits.bundle import DEFAULT
from digits.classifier import Classifier
from digits.commands.ahead import import_ahead
from digits.commands.formats import Format, Result, Writer, writer
from digits.commands.options import (
    AlwaysOption,
    MinConfidenceOption,
    ProviderOption,
    VariantOption,
    note,
)
from digits.commands.output import output
from digits.commands.parameters import Argument, Option
from digits.commands.progress import counted
from digits.find import STDIN
from digits.folder import stream
from digits.prediction import Failure
from digits.providers import Provider, load_onnxruntime


def infer(
    paths: Annotated[
        list[str],
        Argument(
            metavar="PATH...", help="Images, folders, glob patterns, or - for one image on stdin."
        ),
    ],
    model: Annotated[
        str, Option(metavar="NAME|DIR", help="A shipped model, or an exported directory.")
    ] = DEFAULT,
    provider: ProviderOption = Provider.AUTO,
    variant: VariantOption = None,
    form: Annotated[Format, Option("--format", help="How to write results.")] = Format.TABLE,
    output_file: Annotated[
        Path | None,
        Option("--output", "-o", metavar="FILE", help="Write there, all or nothing."),
    ] = None,
    recursive: Annotated[
        bool, Option("--recursive", "-r", help="Look into subfolders, too.")
    ] = False,
    min_confidence: MinConfidenceOption = None,
    always: AlwaysOption = False,
    explain: Annotated[
        Path | None,
        Option(metavar="DIR", help="Draw what led to each answer, as pictures in DIR."),
    ] = None,
    top_k: Annotated[int, Option(min=1, metavar="K", help="Labels for each image.")] = 1,
    batch_size: Annotated[
        int, Option(min=1, metavar="N", help="Images classified together, at most.")
    ] = 64,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Threads; by default one for each processor."),
    ] = None,
) -> int:
    """Read the digits in images and folders.

    Results go to stdout, in the order in which files are found; notes go to stderr. Exit code 1
    says that some inputs couldn't be read; all others were.

    An image gets no label, but a reason, if it is empty, shows several digits, or nothing that the
    model is sure of.
    """
    load_onnxruntime()  # first, since only what follows leaves Python to other threads
    import_ahead("PIL.Image")
    classifier = Classifier.load(
        model, provider, min_confidence=min_confidence, abstain=not always, variant=variant
    )
    note(classifier.note)
    stdin: IO[bytes] = sys.stdin.buffer
    if explain is not None:
        from digits.commands.explain import explained, kept_stdin, open_folder

        open_folder(explain)
        stdin = kept_stdin(stdin) if STDIN in paths else stdin
    results = stream(
        classifier,
        paths,
        recursive=recursive,
        batch_size=batch_size,
        workers=workers,
        stdin=stdin,
    )
    shown = sys.stderr.isatty() and not (output_file is None and sys.stdout.isatty())
    with closing(results), output(output_file) as sink:
        answers = explained(results, explain, stdin) if explain is not None else results
        items = counted(answers, shown=shown)
        total, failed = _write(items, writer(form, classifier.labels, top_k), sink)
    if failed:
        note(f"{failed} of {total} inputs failed" if total > 1 else None)
        return 1
    return 0


def _write(results: Iterator[Result], form: Writer, sink: TextIO) -> tuple[int, int]:
    """Write all results; returns how many there were, and how many of them failures."""
    total = failed = 0
    sink.write(form.head)
    try:
        for result in results:
            line = form.line(result)
            sink.write(form.between + line if total else line)
            sink.flush()
            total += 1
            failed += isinstance(result, Failure)
    finally:
        # Also after Ctrl-C: a JSON array that is cut short is still one.
        sink.write(form.tail)
    return total, failed
