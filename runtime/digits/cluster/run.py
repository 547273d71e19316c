"""Running a job on a cluster: what is left of its plan goes to actors, block by block."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from digits.cluster.actor import BlockReader, Work
from digits.cluster.errors import ClusterError
from digits.cluster.inputs import inputs
from digits.cluster.job import Job
from digits.cluster.plan import (
    SUCCESS,
    Count,
    Plan,
    check_empty,
    clear,
    digest_of,
    make_plan,
    part_name,
    read_done,
    read_plan,
    write_success,
)
from digits.cluster.session import Session
from digits.cluster.storage import Folder, one_line
from digits.errors import DigitsError, ModelError, OutputError, ProviderError, UsageError
from digits.providers import Provider

# Tasks that Ray has at once, at most: it needs memory for each of them.
_TASKS = 20_000
_READERS = 32
_SECONDS_WITHOUT_PROGRESS = 24 * 3600.0


@dataclass(frozen=True)
class Rest:
    """What is left of a job.

    Attributes:
        plan: All of it.
        blocks: Numbers of the blocks that aren't done.
        done: What came of those that are.
    """

    plan: Plan
    blocks: list[int]
    done: Count


def prepare(job: Job, *, fresh: bool) -> Rest:
    """List a job's inputs, or find out how far an earlier run of it came.

    The list of a job that was stopped stays as it is; one that is done is compared with what is
    there now.

    Raises:
        OutputError: The folder of the answers can't be written or read.
        UsageError: Something else is in it: another job, or the same about other inputs.
    """
    folder = Folder(job.output)
    try:
        if fresh:
            clear(folder)
        plan = None if fresh else read_plan(folder)
        if plan is None:
            if not fresh:
                check_empty(folder)
            plan = make_plan(folder, job, inputs(job.paths, recursive=job.recursive))
            return Rest(plan, list(range(plan.blocks)), Count(0, 0))
        _check_same(job, plan)
        return _rest(job, folder, plan)
    except OSError as error:
        raise OutputError(f"{job.output}: {one_line(error)}") from error


def _check_same(job: Job, plan: Plan) -> None:
    changed = job.changed(plan.identity)
    if changed:
        name = changed[0]
        raise UsageError(
            f"{job.output}: holds a job with other arguments ({name} was "
            f"{plan.identity.get(name)!r}, now {job.identity()[name]!r}): repeat them to go on, "
            "or give another --output, or --fresh to begin anew"
        )


def _rest(job: Job, folder: Folder, plan: Plan) -> Rest:
    names = folder.names()
    there = {block for block in range(plan.blocks) if part_name(block, job.form) in names}
    if SUCCESS in names and len(there) == plan.blocks:
        _check_inputs(job, plan)
    with ThreadPoolExecutor(_READERS) as readers:
        done = sum(readers.map(lambda block: read_done(folder, block), there), Count(0, 0))
    return Rest(plan, [block for block in range(plan.blocks) if block not in there], done)


def _check_inputs(job: Job, plan: Plan) -> None:
    count, digest = digest_of(inputs(job.paths, recursive=job.recursive), job.block_size)
    if digest != plan.digest:
        raise UsageError(
            f"{job.output}: is done, and its inputs have changed since ({plan.inputs} then, "
            f"{count} now): give another --output, or --fresh to begin anew"
        )


def run(
    work: Work,
    rest: Rest,
    session: Session,
    workers: int | None,
    progress: Callable[[Iterable[range]], Iterable[range]],
) -> Count:
    """Read the blocks that are left, and say that all is done when it is.

    Args:
        work: What the actors must know.
        rest: What is left.
        session: The cluster.
        workers: Actors; one for each core, or for each GPU on CUDA, if None.
        progress: What the counts of finished blocks go through.

    Raises:
        ClusterError: Ray gives up, or a block wasn't answered.
        ProviderError: There is no GPU to run on.
        DigitsError: What an actor ends the job with.
    """
    folder, count = Folder(work.job.output), rest.done
    failed = 0

    def finished() -> Iterator[range]:
        nonlocal failed
        for row in _rows(work, rest.blocks, _actors(work.job, session, workers, rest)):
            failed += _checked(row)
            yield range(row["inputs"])

    total = sum(map(len, progress(finished())))
    count += Count(total, failed)
    if count.inputs != rest.plan.inputs:
        raise ClusterError(
            f"{count.inputs} of {rest.plan.inputs} inputs were answered: run it again to go on"
        )
    write_success(folder, count)
    return count


def _actors(job: Job, session: Session, workers: int | None, rest: Rest) -> int:
    """How many actors to start.

    Raises:
        ProviderError: They need GPUs, and there are none.
    """
    units = session.gpus if job.provider == Provider.CUDA else session.cores
    if not units:
        raise ProviderError("no node of the cluster has a GPU: run it without --provider cuda")
    return max(1, min(workers or units, len(rest.blocks)))


def _checked(row: dict[str, Any]) -> int:
    """How many inputs of a block failed.

    Raises:
        DigitsError: The job can't go on, as the actor says.
    """
    if row["error"]:
        raise _ERRORS.get(row["code"], OutputError)(row["error"])
    return int(row["failed"])


_ERRORS: dict[int, type[DigitsError]] = {
    OutputError.exit_code: OutputError,
    UsageError.exit_code: UsageError,
    ModelError.exit_code: ModelError,
}


def _rows(work: Work, blocks: list[int], actors: int) -> Iterator[dict[str, Any]]:
    """What came of each block, in any order, as soon as it is there."""
    from ray.data import ActorPoolStrategy, DataContext
    from ray.exceptions import RayError

    import ray

    if not blocks:
        return
    context = DataContext.get_current()
    context.enable_progress_bars = False
    context.execution_no_progress_timeout_s = _SECONDS_WITHOUT_PROGRESS
    numbers = ray.data.from_items(
        [{"block": block} for block in blocks], override_num_blocks=min(len(blocks), _TASKS)
    )
    told = numbers.map_batches(
        BlockReader,
        fn_constructor_args=(work,),
        compute=ActorPoolStrategy(size=actors),
        batch_size=1,
        num_cpus=1,
        num_gpus=1 if work.job.provider == Provider.CUDA else 0,
    )
    try:
        yield from told.iter_rows()
    except RayError as error:
        raise ClusterError(f"the job stopped, run it again to go on: {one_line(error)}") from error
