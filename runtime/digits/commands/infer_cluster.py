"""`digits infer --engine ray`: the same folder job on a Ray cluster."""

import sys
from collections.abc import Iterable
from dataclasses import dataclass

from digits.abstain import chosen_thresholds
from digits.bundle import open_bundle
from digits.commands.engines import ClusterOptions
from digits.commands.formats import Format
from digits.commands.options import note
from digits.commands.progress import counted_batches
from digits.errors import UsageError
from digits.extras import need
from digits.find import STDIN
from digits.providers import Provider


@dataclass(frozen=True)
class Request:
    """The options of `digits infer` that a cluster heeds, as they are given there."""

    paths: list[str]
    output: str | None
    model: str
    provider: Provider
    variant: str | None
    tf32: bool
    form: Format | None
    recursive: bool
    min_confidence: float | None
    always: bool
    top_k: int
    batch_size: int
    workers: int | None


FILES = (Format.JSONL, Format.CSV, Format.PARQUET)


def infer_on_cluster(
    request: Request, options: ClusterOptions, *, explain: bool, timed: bool
) -> int:
    """Read images on a cluster; returns the exit code.

    Raises:
        ClusterError: The cluster can't be reached, or can't go on.
        MissingExtraError: Ray isn't installed.
        ModelError: The model can't be used.
        OutputError: The answers can't be written.
        UsageError: An option makes no sense there, or the folder of the answers holds others.
    """
    _check(request, explain=explain, timed=timed)
    need("ray")
    from digits.cluster.actor import Work
    from digits.cluster.job import BLOCK, Job, model_digest, starting_folder
    from digits.cluster.model import carried
    from digits.cluster.run import prepare, run
    from digits.cluster.session import session

    chosen_thresholds({}, request.min_confidence, abstain=not request.always)
    bundle = open_bundle(request.model).with_variant(request.variant)
    job = Job(
        paths=tuple(request.paths),
        output=request.output or "",
        model=request.model,
        digest=model_digest(bundle),
        variant=request.variant,
        # Ray hides the GPUs from actors that don't ask for one.
        provider=(Provider.CUDA if request.provider is Provider.CUDA else Provider.CPU).value,
        tf32=request.tf32,
        min_confidence=request.min_confidence,
        always=request.always,
        recursive=request.recursive,
        form=request.form or Format.JSONL,
        top_k=request.top_k,
        block_size=options.block_size or BLOCK,
        folder=starting_folder(request.paths),
    )
    rest = prepare(job, fresh=options.fresh)
    finished = rest.plan.blocks - len(rest.blocks)
    note(f"{finished} of {rest.plan.blocks} blocks were done already" if finished else None)
    if rest.blocks:
        with session(options.address, request.workers) as cluster:
            work = Work(job, carried(request.model, bundle), request.batch_size)
            total = run(work, rest, cluster, request.workers, _counted)
    else:
        total = rest.done
    if total.failed:
        note(f"{total.failed} of {total.inputs} inputs failed")
    return 1 if total.failed else 0


def _counted(blocks: Iterable[range]) -> Iterable[range]:
    return counted_batches(blocks, shown=sys.stderr.isatty())


def _check(request: Request, *, explain: bool, timed: bool) -> None:
    """Refuse what can't be had on a cluster.

    Raises:
        UsageError: It can't.
    """
    if explain or timed:
        raise UsageError("--explain and --timings need --engine local: they are about one machine")
    if STDIN in request.paths:
        raise UsageError("stdin (-) needs --engine local: actors can't read it")
    if request.form not in (None, *FILES):
        raise UsageError(f"--format {request.form} needs --engine local: give {', '.join(FILES)}")
    if not request.output:
        raise UsageError("--engine ray needs --output: a folder that all nodes can write to")
