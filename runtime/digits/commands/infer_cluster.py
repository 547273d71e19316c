"""`digits infer --engine ray`: the same folder job on a Ray cluster."""

import sys
from collections.abc import Iterable
from dataclasses import replace

from digits.abstain import chosen_thresholds
from digits.bundle import open_bundle
from digits.cluster.job import Job, model_digest
from digits.commands.engines import ClusterOptions
from digits.commands.formats import Format
from digits.commands.options import note
from digits.commands.progress import counted_batches
from digits.errors import UsageError
from digits.extras import need
from digits.find import STDIN

FILES = (Format.JSONL, Format.CSV, Format.PARQUET)


def infer_on_cluster(
    job: Job,
    options: ClusterOptions,
    *,
    batch_size: int,
    workers: int | None,
    explain: bool,
    timed: bool,
) -> int:
    """Read images on a cluster; returns the exit code.

    Args:
        job: What to read, by which model; its digest is still to be found.
        options: Those that only a cluster has a use for.
        batch_size: Images that are classified together, at most.
        workers: How many read; as many as there is room for if None.
        explain: Whether explanations were asked for, which no cluster gives.
        timed: Whether timings were.

    Raises:
        ClusterError: The cluster can't be reached, or can't go on.
        MissingExtraError: Ray isn't installed.
        ModelError: The model can't be used.
        OutputError: The answers can't be written.
        UsageError: An option makes no sense there, or the folder of the answers holds others.
    """
    _check(job, explain=explain, timed=timed)
    need("ray")
    from digits.cluster.actor import Work
    from digits.cluster.model import carried
    from digits.cluster.run import prepare, run
    from digits.cluster.session import session

    chosen_thresholds({}, job.min_confidence, abstain=not job.always)
    bundle = open_bundle(job.model).with_variant(job.variant)
    job = replace(job, digest=model_digest(bundle))
    rest = prepare(job, fresh=options.fresh)
    finished = rest.plan.blocks - len(rest.blocks)
    note(f"{finished} of {rest.plan.blocks} blocks were done already" if finished else None)
    if rest.blocks:
        with session(options.address, workers) as cluster:
            work = Work(job, carried(job.model, bundle), batch_size)
            total = run(work, rest, cluster, workers, _counted)
    else:
        total = rest.done
    if total.failed:
        note(f"{total.failed} of {total.inputs} inputs failed")
    return 1 if total.failed else 0


def _counted(blocks: Iterable[range]) -> Iterable[range]:
    return counted_batches(blocks, shown=sys.stderr.isatty())


def _check(job: Job, *, explain: bool, timed: bool) -> None:
    """Refuse what can't be had on a cluster.

    Raises:
        UsageError: It can't.
    """
    if explain or timed:
        raise UsageError("--explain and --timings need --engine local: they are about one machine")
    if STDIN in job.paths:
        raise UsageError("stdin (-) needs --engine local: actors can't read it")
    if job.form not in FILES:
        raise UsageError(f"--format {job.form} needs --engine local: give {', '.join(FILES)}")
    if not job.output:
        raise UsageError("--engine ray needs --output: a folder that all nodes can write to")
