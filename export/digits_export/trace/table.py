"""A trace as people read it."""

from collections.abc import Sequence
from math import isfinite

from digits.commands.tables import fields, table
from digits_export.carried import Carried
from digits_export.trace.finding import UNSETTLED, Compared, Trace

HEAD = ("file", "layers", "found", "")
WEIGHTS = ("weights", "trained", "found", "")


def show(traces: Sequence[Trace], held: Sequence[Carried] = ()) -> str:
    """A line for each file and, below, what is wrong in those that aren't right.

    Args:
        traces: Of the files.
        held: Which weights the files hold that have any.
    """
    lines = [(t.file, t.layers, t.found, _verdict(t)) for t in traces]
    details = [_detail(t, t.wrong) for t in traces if t.wrong]
    weights = [(c.file, c.tensors, c.tensors - len(c.missing), _holds(c)) for c in held]
    return "\n\n".join([table(HEAD, lines), *details, *([table(WEIGHTS, weights)] if held else [])])


def _verdict(trace: Trace) -> str:
    if trace.wrong:
        return f"FAILED at {trace.wrong.name}"
    return f"compared on {UNSETTLED}" if trace.case == UNSETTLED else "ok"


def _holds(held: Carried) -> str:
    if not held.missing:
        return "ok"
    first = f"{held.missing[0]} and {len(held.missing) - 1} more"
    first = first if len(held.missing) > 1 else held.missing[0]
    return f"ok, {first} folded" if held.passed else f"FAILED: {first}"


def _detail(trace: Trace, wrong: Compared) -> str:
    pairs = [
        ("first wrong", wrong.name),
        ("error", f"{_error(wrong)}, allowed {wrong.allowed:.2g}"),
        ("closest", wrong.value or "none"),
        *(("reads", f"{item.name}, error {_error(item)}") for item in trace.inputs),
        ("on", trace.case),
    ]
    return f"{trace.file}\n{fields(pairs)}"


def _error(item: Compared) -> str:
    if isfinite(item.error):
        return f"{item.error:.2g}"
    return "not finite" if item.value else "no value of that size"
