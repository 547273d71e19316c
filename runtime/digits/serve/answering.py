"""One prediction as the JSON object that clients get."""

import math
from base64 import b64encode

from digits.commands.formats import record
from digits.prediction import Prediction, Reason


def answer(prediction: Prediction, top_k: int, *, canvas: bool) -> dict[str, object]:
    """The object that `digits infer --format jsonl` writes, without the path and with more.

    Args:
        prediction: The model's answer.
        top_k: How many of the most probable labels to list.
        canvas: Whether to add what the classifier saw.
    """
    found = record(prediction, top_k)
    del found["path"]
    found["probabilities"] = [round(p, 6) for p in prediction.probabilities.tolist()]
    found["labels"] = prediction.labels
    found["box"] = _box(prediction)
    if canvas:
        shape = list(prediction.canvas.shape)
        data = b64encode(prediction.canvas.tobytes()).decode()
        found["canvas"] = {"shape": shape, "data": data}
    return found


def _box(prediction: Prediction) -> list[float] | None:
    """Left, top, right and bottom in pixels of the image; None where there is no digit."""
    x0, y0, x1, y1 = prediction.box
    if prediction.reason is Reason.EMPTY or not (x0 < x1 and y0 < y1):
        return None
    if not all(map(math.isfinite, prediction.box)):
        return None
    return [round(edge, 2) for edge in prediction.box]
