"""A job from its plan to its end: what is left is done, once, and other jobs are refused."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from digits.cluster import run as running
from digits.cluster.actor import BlockReader, Work
from digits.cluster.errors import ClusterError
from digits.cluster.job import Job
from digits.cluster.plan import Count
from digits.cluster.run import prepare, run
from digits.cluster.session import Session
from digits.errors import ModelError, OutputError, UsageError

MakeJob = Callable[..., Job]
MakeActor = Callable[[Job], BlockReader]
Done = Callable[..., Count]


@pytest.fixture
def done(work: Callable[[Job], Work], actor: MakeActor, monkeypatch: pytest.MonkeyPatch) -> Done:
    """Runs a job with an actor in this process, which may stop after some blocks."""

    def start(job: Job, *, fresh: bool = False, stop: int = 99, **rows: object) -> Count:
        def read(work: Work, blocks: list[int], actors: int) -> Iterable[dict]:
            reader = actor(work.job)
            assert actors == max(1, min(2, len(blocks)))
            for block in blocks[:stop]:
                told = reader({"block": [block]})
                yield {name: value[0] for name, value in told.items()} | rows
            if stop < len(blocks):
                raise KeyboardInterrupt

        monkeypatch.setattr(running, "_rows", read)
        rest = prepare(job, fresh=fresh)
        return run(work(job), rest, Session(cores=2, gpus=0), None, lambda blocks: blocks)

    return start


def lines(job: Job) -> list[str]:
    parts = sorted(Path(job.output).glob("part-*"))
    return [line for part in parts for line in part.read_text().splitlines()]


def test_a_job(job: MakeJob, done: Done, many: Path) -> None:
    assert done(job(many)) == Count(10, 1)
    assert len(set(lines(job(many)))) == len(lines(job(many))) == 10
    assert (Path(job().output) / "_SUCCESS").read_text() == '{"inputs": 10, "failed": 1}\n'


def test_a_job_goes_on_where_it_stood(job: MakeJob, done: Done, many: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        done(job(many), stop=2)
    out = Path(job().output)
    assert not (out / "_SUCCESS").exists()
    before = {part: part.stat() for part in out.glob("part-*")}
    assert len(before) == 2
    (many / "10.png").touch()  # came too late
    rest = prepare(job(many), fresh=False)
    assert (rest.blocks, rest.done, rest.plan.inputs) == ([2, 3], Count(6, 1), 10)
    assert done(job(many)) == Count(10, 1)
    assert {part: part.stat() for part in before} == before
    assert len(set(lines(job(many)))) == len(lines(job(many))) == 10


def test_a_job_that_is_done(job: MakeJob, done: Done, many: Path) -> None:
    done(job(many))
    assert done(job(many)) == Count(10, 1)
    (many / "10.png").touch()
    with pytest.raises(UsageError, match=r"inputs have changed since \(10 then, 11 now\)"):
        prepare(job(many), fresh=False)
    assert done(job(many), fresh=True) == Count(11, 2)


def test_other_arguments_are_refused(job: MakeJob, done: Done, many: Path) -> None:
    done(job(many))
    with pytest.raises(UsageError, match=r"top_k was 1, now 3\): repeat them to go on"):
        prepare(job(many, top_k=3), fresh=False)
    assert done(job(many, top_k=3), fresh=True) == Count(10, 1)


def test_a_plan_that_was_not_finished_is_made_again(job: MakeJob, done: Done, many: Path) -> None:
    lists = Path(job().output) / "_plan"
    lists.mkdir(parents=True)
    (lists / "00000.json").write_text('["other.png"]')
    (Path(job().output) / ".part-00000.jsonl.1.part").touch()
    assert done(job(many)) == Count(10, 1)


def test_others_files_are_left_alone(job: MakeJob, many: Path) -> None:
    out = Path(job().output)
    out.mkdir()
    (out / "notes.txt").touch()
    with pytest.raises(UsageError, match=r"notes\.txt is there"):
        prepare(job(many), fresh=False)
    prepare(job(many), fresh=True)
    assert (out / "notes.txt").exists()


def test_a_file_in_the_place_of_the_folder(job: MakeJob, many: Path) -> None:
    Path(job().output).touch()
    with pytest.raises((OutputError, UsageError), match="out"):
        prepare(job(many), fresh=False)


def test_nothing_to_read(job: MakeJob, done: Done, tmp_path: Path) -> None:
    assert done(job(tmp_path / "gone")) == Count(1, 1)
    assert "no such file or folder" in lines(job())[0]


def test_what_an_actor_can_not_go_on_with(job: MakeJob, done: Done, many: Path) -> None:
    with pytest.raises(ModelError, match="no such node"):
        done(job(many), error="no such node", code=3)
    with pytest.raises(ClusterError, match="8 of 10 inputs were answered"):
        done(job(many), fresh=True, inputs=2)


def test_as_many_actors_as_there_are_gpus(job: MakeJob, many: Path) -> None:
    rest = prepare(job(many), fresh=False)
    cuda = replace(job(many), provider="cuda")
    assert running._actors(job(), Session(3, 0), None, rest) == 3
    assert running._actors(job(), Session(8, 0), None, rest) == 4
    assert running._actors(cuda, Session(8, 2), None, rest) == 2
    assert running._actors(cuda, Session(8, 2), 1, rest) == 1
