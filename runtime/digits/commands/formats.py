"""How answers are written: a table for people, JSON, JSON lines and CSV for programs."""

import csv
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from digits.commands.tables import printable
from digits.prediction import Failure, Prediction, Ranked, Reason

Result = Prediction | Failure
_quoted = json.JSONEncoder().encode


class Format(StrEnum):
    """The formats of `digits infer`."""

    TABLE = "table"
    JSON = "json"
    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"  # written by a cluster (see `digits.cluster.parts`)


@dataclass(frozen=True)
class Writer:
    """Text before the first answer, for each answer, between two, and after the last.

    Each piece is written at once, so that an interruption leaves whole lines.
    """

    head: str
    line: Callable[[Result], str]
    between: str = ""
    tail: str = ""


def writer(form: Format, labels: tuple[str, ...], top_k: int) -> Writer:
    """The writer of a format.

    Args:
        form: The format.
        labels: All labels of the model, which the table's first column must hold.
        top_k: How many of the most probable labels each answer lists.
    """
    top_k = min(top_k, len(labels))
    if form is Format.JSON:
        return Writer("[\n", _json_text(top_k), ",\n", "\n]\n")
    if form is Format.JSONL:
        text = _json_text(top_k)
        return Writer("", lambda r: text(r) + "\n")
    if form is Format.CSV:
        return Writer(_csv_line(_columns(top_k)), lambda r: _csv_line(_cells(r, top_k)))
    width = max(len(printable(text)) for text in (*labels, "label", "error"))
    head = f"{'label':<{width}}  confidence  path\n"
    return Writer(head, lambda r: _row(r, width, top_k))


def record(result: Result, top_k: int) -> dict[str, object]:
    """One answer as a JSON object."""
    if isinstance(result, Failure):
        return {"path": result.path, "error": result.error}
    return {
        "path": result.path,
        "label": result.label,
        **({"reason": result.reason.value} if result.reason else {}),
        "confidence": round(result.confidence, 6),
        "top": [
            {"label": label, "probability": round(probability, 6)}
            for label, probability in result.top(top_k)
        ],
        "provider": result.provider,
        "model": result.model,
        **({"variant": result.variant} if result.variant else {}),
    }


def _json_text(top_k: int) -> Callable[[Result], str]:
    """Answers as text: what `json.dumps` makes of `record`, at a quarter of its cost."""
    if top_k > 1:
        return lambda result: json.dumps(record(result, top_k))

    def text(result: Result) -> str:
        if isinstance(result, Failure) or result.reason or not result.confidence >= 0:
            return json.dumps(record(result, 1))
        label, confidence = _quoted(result.label), repr(round(result.confidence, 6))
        variant = f', "variant": {_quoted(result.variant)}' if result.variant else ""
        return (
            f'{{"path": {_quoted(result.path)}, "label": {label}, "confidence": {confidence}, '
            f'"top": [{{"label": {label}, "probability": {confidence}}}], '
            f'"provider": {_quoted(result.provider)}, "model": {_quoted(result.model)}{variant}}}'
        )

    return text


def _row(result: Result, width: int, top_k: int) -> str:
    """A row with the path last, so that columns line up before all paths are known."""
    path = printable(result.path or "")
    if isinstance(result, Failure):
        return f"{'error':<{width}}  {'':>10}  {path}: {printable(result.error)}\n"
    if result.reason is not None:
        return _row_without_label(result, result.reason, width, top_k)
    row = f"{printable(result.label or ''):<{width}}  {result.confidence:>10.2%}  {path}"
    others = _ranked(result.top(top_k)[1:]) if top_k > 1 else ""
    return f"{row}  (then {others})\n" if others else f"{row}\n"


def _row_without_label(result: Prediction, reason: Reason, width: int, top_k: int) -> str:
    """Probabilities are told only where the page is taken to hold one digit."""
    place = f"{'-':<{width}}  {'':>10}  {printable(result.path or '')}: {reason.meaning}"
    perhaps = f", perhaps {_ranked(result.top(top_k))}" if reason is Reason.UNSURE else ""
    return f"{place}{perhaps}\n"


def _ranked(items: list[Ranked]) -> str:
    return ", ".join(f"{printable(label)} {probability:.2%}" for label, probability in items)


def _columns(top_k: int) -> list[str]:
    further = [f"{name}_{rank}" for rank in range(2, top_k + 1) for name in ("label", "confidence")]
    return ["path", "label", "confidence", *further, "provider", "model", "reason", "error"]


def _cells(result: Result, top_k: int) -> list[object]:
    if isinstance(result, Failure):
        return [result.path, *[""] * (2 * top_k), "", "", "", result.error]
    first, *others = result.top(top_k)
    ranked = [(result.label or "", first.probability), *others]
    cells = [cell for label, share in ranked for cell in (label, f"{share:.6f}")]
    return [result.path, *cells, result.provider, _model(result), result.reason or "", ""]


def _model(result: Prediction) -> str:
    return f"{result.model}:{result.variant}" if result.variant else result.model


def _csv_line(cells: list[str] | list[object]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
