"""`digits infer`, also known as `digits-infer`: read the digits in images and folders."""

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import IO, Annotated

from digits.bundle import DEFAULT
from digits.classifier import Classifier
from digits.commands.ahead import import_ahead
from digits.commands.engines import ClusterOptions, Engine, local_format
from digits.commands.formats import Format, Result, writer
from digits.commands.options import (
    AlwaysOption,
    MinConfidenceOption,
    ProviderOption,
    Tf32Option,
    VariantOption,
    note,
)
from digits.commands.output import output
from digits.commands.parameters import Argument, Option
from digits.commands.progress import counted_batches
from digits.commands.writing import written
from digits.find import STDIN
from digits.folder import BATCH, one_by_one, stream
from digits.providers import Provider, load_onnxruntime
from digits.timings import Timings

# Bytes of a PNG file that `digits.png_rows` may well unpack.
_SMALL = 4_000


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
    tf32: Tf32Option = False,
    form: Annotated[
        Format | None,
        Option("--format", help="How to write results: a table, or what the engine can."),
    ] = None,
    output_file: Annotated[
        str | None,
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
    ] = BATCH,
    workers: Annotated[
        int | None,
        Option(min=1, metavar="N", help="Worker processes; by default one for each core allowed."),
    ] = None,
    timed: Annotated[bool, Option("--timings", help="Say on stderr where the time went.")] = False,
    engine: Annotated[
        Engine, Option(help="ray: on a Ray cluster, in blocks; the output is a folder.")
    ] = Engine.LOCAL,
    address: Annotated[
        str | None,
        Option(help="The Ray cluster; by default $RAY_ADDRESS, or one of this machine's cores."),
    ] = None,
    block_size: Annotated[
        int | None, Option(min=1, metavar="N", help="Inputs in each file of Ray's answers.")
    ] = None,
    fresh: Annotated[
        bool, Option("--fresh", help="With Ray, begin anew instead of going on.")
    ] = False,
) -> int:
    """Read the digits in images and folders.

    Results go to stdout, in the order in which files are found; notes go to stderr. Exit code 1
    says that some inputs couldn't be read; all others were.

    An image gets no label, but a reason, if it is empty, shows several digits, or nothing that the
    model is sure of.
    """
    options = ClusterOptions(address, block_size, fresh)
    if engine is Engine.RAY:
        from digits.cluster.job import BLOCK, Job, starting_folder
        from digits.commands.infer_cluster import infer_on_cluster

        job = Job(
            paths=tuple(paths),
            output=output_file or "",
            model=model,
            variant=variant,
            # Ray hides the GPUs from actors that don't ask for one.
            provider=(Provider.CUDA if provider is Provider.CUDA else Provider.CPU).value,
            tf32=tf32,
            min_confidence=min_confidence,
            always=always,
            recursive=recursive,
            form=form or Format.JSONL,
            top_k=top_k,
            block_size=block_size or BLOCK,
            folder=starting_folder(paths),
        )
        return infer_on_cluster(
            job,
            options,
            batch_size=batch_size,
            workers=workers,
            explain=explain is not None,
            timed=timed,
        )
    form = local_format(options, form)
    output_path = None if output_file is None else Path(output_file)
    load_onnxruntime()  # first, since only what follows leaves Python to other threads
    if _wants_pillow(paths[0]):
        import_ahead("PIL.Image")
    classifier = Classifier.load(
        model,
        provider,
        min_confidence=min_confidence,
        abstain=not always,
        variant=variant,
        tf32=tf32,
    )
    note(classifier.note)
    stdin: IO[bytes] = sys.stdin.buffer
    if explain is not None:
        from digits.commands.explain import kept_stdin, open_folder

        open_folder(explain)
        stdin = kept_stdin(stdin) if STDIN in paths else stdin
    timings = Timings() if timed else None
    results = stream(
        classifier,
        paths,
        recursive=recursive,
        batch_size=batch_size,
        workers=workers,
        stdin=stdin,
        timings=timings,
    )
    shown = sys.stderr.isatty() and not (output_path is None and sys.stdout.isatty())
    with closing(results), output(output_path) as sink:
        batches = counted_batches(_explained(results, explain, stdin), shown=shown)
        total, failed = written(batches, writer(form, classifier.labels, top_k), sink, timings)
    if timings is not None:
        from digits.commands.timings import timings_table

        sys.stderr.write(timings_table(timings))
    if failed:
        note(f"{failed} of {total} inputs failed" if total > 1 else None)
        return 1
    return 0


def _wants_pillow(path: str) -> bool:
    """Whether reading begins with Pillow, as far as a look tells: small PNG files do without."""
    try:
        return not path.lower().endswith(".png") or os.stat(path).st_size > _SMALL  # noqa: PTH116
    except (OSError, ValueError):
        return False


def _explained(
    batches: Generator[Sequence[Result], None, None], folder: Path | None, stdin: IO[bytes]
) -> Iterator[Sequence[Result]]:
    if folder is None:
        return batches
    from digits.commands.explain import explained

    # Pictures take so long that each answer is shown as it comes.
    return ([result] for result in explained(one_by_one(batches), folder, stdin))
