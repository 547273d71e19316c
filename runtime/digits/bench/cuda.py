"""What is measured on a GPU: all of it beside torch, so in one program of the export part."""

import json
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from digits.bench import child
from digits.bench.contenders import missing_torch
from digits.bench.measurement import Settings
from digits.bench.results import Measured, measured_from
from digits.errors import InputError, MissingExtraError

PROGRAM = "digits_export.bench.cuda"
# The figures there take another table: ratios are to the best peer in the same precision.
TABLE = "digits_export.bench.cuda_table:as_table"
# 1: something failed, and what didn't is told.
_CODES = (0, 1)


def measure(
    settings: Settings, only: Sequence[str], *, quick: bool, rounds: int | None
) -> tuple[tuple[Measured, ...], dict[str, Any]]:
    """Measure on the GPU.

    Args:
        settings: Of the run.
        only: Names of measurements; all if there are none.
        quick: Whether fewer sizes will do.
        rounds: How often each contender has its turn; as many as that program likes if None.

    Returns:
        What was found, and the GPUs, the driver and the versions that it was found with.

    Raises:
        ChildError: Nothing could be measured.
        MissingExtraError: torch isn't installed.
    """
    missing = missing_torch()
    if missing is not None:
        raise MissingExtraError(missing)
    file = settings.folder / "cuda.json"
    options = [*(["--only", *only] if only else []), *(["--quick"] if quick else [])]
    options += [] if rounds is None else ["--rounds", str(rounds)]
    file.unlink(missing_ok=True)
    ended = child.run(child.program(PROGRAM, *options, "--output", file), codes=_CODES)
    if not file.exists():
        raise child.ChildError(f"{PROGRAM}: {ended.complaint or 'told no figures'}")
    try:
        record = json.loads(file.read_text("utf-8"))
        measured = tuple(map(measured_from, record["measured"]))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise InputError(f"{PROGRAM}: told no figures: {error}") from error
    return measured, {key: record.get(key) for key in ("gpus", "driver", "versions")}


def as_table(measured: Sequence[Measured]) -> str:
    """The table of what was measured on a GPU."""
    module, _, name = TABLE.partition(":")
    function: Callable[[Sequence[Measured]], str] = getattr(import_module(module), name)
    return function(measured)
