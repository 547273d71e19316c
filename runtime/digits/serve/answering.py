"""One prediction as the JSON object that clients get."""

import json
import math
from base64 import b64encode
from collections.abc import Callable
from functools import cache

from digits.commands.formats import Format, Result, writer
from digits.prediction import Prediction, Reason

_NO_PATH = '{"path": null, '
_END = "}\n"
_quoted = json.JSONEncoder().encode


def answer(prediction: Prediction, top_k: int, *, canvas: bool, path: str | None = None) -> str:
    """The object that `digits infer --format jsonl` writes, with more.

    Args:
        prediction: The model's answer.
        top_k: How many of the most probable labels to list.
        canvas: Whether to add what the classifier saw.
        path: The file's name, where it is one of many; else there is none in the object.
    """
    labels = prediction.labels
    start = "{" if path is None else f'{{"path": {_quoted(path)}, '
    told = _line(labels, min(top_k, len(labels)))(prediction)[len(_NO_PATH) : -len(_END)]
    probabilities = [round(p, 6) for p in prediction.probabilities.tolist()]
    picture = f', "canvas": {_canvas(prediction)}' if canvas else ""
    return (
        f'{start}{told}, "probabilities": {probabilities}, "labels": {_labels(labels)}, '
        f'"box": {_box(prediction)}{picture}}}'
    )


@cache
def _line(labels: tuple[str, ...], top_k: int) -> Callable[[Result], str]:
    return writer(Format.JSONL, labels, top_k).line


@cache
def _labels(labels: tuple[str, ...]) -> str:
    return json.dumps(labels)


def _box(prediction: Prediction) -> str:
    """Left, top, right and bottom in pixels of the image; null where there is no digit."""
    x0, y0, x1, y1 = prediction.box
    found = prediction.reason is not Reason.EMPTY and x0 < x1 and y0 < y1
    if not (found and math.isfinite(x0 + y0 + x1 + y1)):
        return "null"
    return str([round(edge, 2) for edge in prediction.box])


def _canvas(prediction: Prediction) -> str:
    shape = list(prediction.canvas.shape)
    data = b64encode(prediction.canvas.tobytes()).decode()
    return f'{{"shape": {shape}, "data": "{data}"}}'
