"""The answers of a block as the contents of one file."""

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from digits.commands.formats import Format, Result, writer
from digits.prediction import Failure

if TYPE_CHECKING:
    import pyarrow as pa


def encoded(results: Sequence[Result], form: Format, labels: tuple[str, ...], top_k: int) -> bytes:
    """A file of answers.

    JSON lines and CSV are what `digits infer` writes on one machine: the files one after the other
    are its output (but for the head that each CSV has).

    Args:
        results: In order.
        form: Parquet, CSV or JSON lines.
        labels: All labels of the model.
        top_k: How many of the most probable labels each answer lists; Parquet has all.
    """
    if form is Format.PARQUET:
        return _parquet(results)
    text = writer(form, labels, top_k)
    lines = "".join(map(text.line, results))
    return (text.head + lines + text.tail).encode("utf-8", "surrogateescape")


def schema() -> "pa.Schema":
    """The columns of a Parquet file; those that don't apply to an image are null.

    `probabilities` are in the order of the model's labels, also where there is no label.
    """
    import pyarrow as pa

    text = ("path", "label", "reason")
    more = ("provider", "model", "variant", "error")
    return pa.schema(
        [
            *((name, pa.string()) for name in text),
            ("confidence", pa.float32()),
            ("probabilities", pa.list_(pa.float32())),
            *((name, pa.string()) for name in more),
        ]
    )


def _parquet(results: Sequence[Result]) -> bytes:
    import pyarrow as pa
    from pyarrow import parquet

    table = pa.Table.from_pylist(list(map(_row, results)), schema=schema())
    sink = io.BytesIO()
    parquet.write_table(table, sink)
    return sink.getvalue()


def _row(result: Result) -> dict[str, Any]:
    if isinstance(result, Failure):
        return {"path": _text(result.path), "error": _text(result.error)}
    return {
        "path": _text(result.path or ""),
        "confidence": result.confidence,
        "probabilities": result.probabilities,
        **{name: getattr(result, name) for name in ("label", "provider", "model", "variant")},
        "reason": result.reason.value if result.reason else None,
    }


def _text(name: str) -> str:
    r"""A name as Parquet can hold it, which is UTF-8: other bytes are written as \udcff."""
    return name.encode("utf-8", "backslashreplace").decode()
