"""The plan of a job: its inputs, listed once and cut into blocks, beside what comes of them.

In the folder of the answers:

    part-00000.jsonl …    the answers, a file for each block, in the order of the inputs
    _SUCCESS              all blocks are done; how many inputs there were, and how many failed
    _plan/plan.json       the job's arguments and the number of blocks, once all lists are written
    _plan/00000.json …    the inputs of each block
    _plan/00000.done …    how many inputs of a block failed, written before its answers

What reads such folders (Spark, Arrow, Ray) leaves out names that begin with "_".
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Any

from digits.cluster.inputs import Input
from digits.cluster.job import Job
from digits.cluster.storage import Folder
from digits.errors import UsageError
from digits.prediction import Failure

SUCCESS = "_SUCCESS"
_PLANS = "_plan"
_PLAN = f"{_PLANS}/plan.json"
_FORMAT = 1
_PART = re.compile(r"part-[0-9]{5,}\.(?:jsonl|csv|parquet)")


@dataclass(frozen=True)
class Plan:
    """A job that was cut into blocks.

    Attributes:
        identity: The job's arguments (see `Job.identity`).
        inputs: How many there are.
        blocks: Into how many blocks they are cut.
        digest: SHA-256 of the list of inputs.
    """

    identity: dict[str, Any]
    inputs: int
    blocks: int
    digest: str


@dataclass(frozen=True)
class Count:
    """What came of a block, or of all of them."""

    inputs: int
    failed: int

    def __add__(self, other: "Count") -> "Count":
        return Count(self.inputs + other.inputs, self.failed + other.failed)


def part_name(block: int, form: str) -> str:
    """The file of a block's answers."""
    return f"part-{block:05}.{form}"


def make_plan(folder: Folder, job: Job, found: Iterable[Input]) -> Plan:
    """Write the lists of a job's inputs and, after all of them, its plan."""
    inputs, blocks, digest = _survey(
        found, job.block_size, lambda block, data: folder.write(_list_name(block), data)
    )
    plan = Plan(job.identity(), inputs, blocks, digest)
    folder.write(_PLAN, json.dumps({"format": _FORMAT, **vars(plan)}, indent=2).encode())
    return plan


def read_plan(folder: Folder) -> Plan | None:
    """The plan of the job whose answers are in a folder; None if there is none.

    Raises:
        UsageError: It can't be used.
    """
    try:
        values = json.loads(folder.read(_PLAN))
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _foreign(folder) from error
    if not isinstance(values, dict) or values.pop("format", None) != _FORMAT:
        raise _foreign(folder)
    return Plan(**values)


def _foreign(folder: Folder) -> UsageError:
    return UsageError(
        f"{folder.address}/{_PLAN}: no plan that this version knows: "
        "give another --output, or --fresh to begin anew"
    )


def digest_of(found: Iterable[Input], block_size: int) -> tuple[int, str]:
    """How many inputs there are now, and the SHA-256 of their list."""
    inputs, _, digest = _survey(found, block_size, lambda _, __: None)
    return inputs, digest


def _survey(
    found: Iterable[Input], size: int, keep: Callable[[int, bytes], object]
) -> tuple[int, int, str]:
    """Cut inputs into blocks and keep the list of each.

    Returns:
        How many inputs and blocks there are, and the SHA-256 of all lists.
    """
    digest = hashlib.sha256()
    found, inputs, blocks = iter(found), 0, 0
    while block := list(islice(found, size)):
        data = _listed(block)
        digest.update(data)
        keep(blocks, data)
        inputs, blocks = inputs + len(block), blocks + 1
    return inputs, blocks, digest.hexdigest()


def _listed(block: list[Input]) -> bytes:
    """A list of inputs as JSON, which also holds names that are no text."""
    return json.dumps(
        [vars(item) if isinstance(item, Failure) else item for item in block]
    ).encode()


def _list_name(block: int) -> str:
    return f"{_PLANS}/{block:05}.json"


def read_block(folder: Folder, block: int) -> list[Input]:
    """The inputs of a block."""
    items = json.loads(folder.read(_list_name(block)))
    return [Failure(**item) if isinstance(item, dict) else item for item in items]


def write_done(folder: Folder, block: int, count: Count, name: str, data: bytes) -> None:
    """Write what came of a block, and its answers last: where they are, all of it is done."""
    folder.write(f"{_PLANS}/{block:05}.done", json.dumps(vars(count)).encode())
    folder.write(name, data)


def read_done(folder: Folder, block: int) -> Count:
    """What came of a block whose answers are there."""
    return Count(**json.loads(folder.read(f"{_PLANS}/{block:05}.done")))


def write_success(folder: Folder, count: Count) -> None:
    """Say that all is done; what workers that were killed left of files goes."""
    for below in ("", _PLANS):
        folder.remove_drafts(below)
    folder.write(SUCCESS, json.dumps(vars(count)).encode() + b"\n")


def clear(folder: Folder) -> None:
    """Remove the answers of an earlier job and its plan; other files stay."""
    names = folder.names()
    if _PLANS in names:
        # First: without a plan, answers that are left are nobody's, and never taken for done.
        folder.remove_folder(_PLANS)
    for name in names:
        if name == SUCCESS or _PART.fullmatch(name):
            folder.remove(name)


def check_empty(folder: Folder) -> None:
    """Make sure that a folder without a plan has no other answers.

    Raises:
        UsageError: It has.
    """
    others = sorted(name for name in folder.names() - {_PLANS} if not name.endswith(".part"))
    if others:
        raise UsageError(
            f"{folder.address}: isn't empty ({others[0]} is there), and no job of this command "
            "is in it: give another --output, or --fresh to write there all the same"
        )
