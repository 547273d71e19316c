"""`POST /predict`: image files in, the runtime's answers out."""

import asyncio
import json
from dataclasses import dataclass

from digits.errors import InputError
from digits.prediction import Prediction
from digits.serve.answering import answer
from digits.serve.batching import Batcher
from digits.serve.incoming import Incoming
from digits.serve.models import Models
from digits.serve.multipart import Part, is_multipart, parts
from digits.serve.replies import Refused, Reply, bad_image

_OPTIONS = frozenset({"top_k", "canvas", "model"})
_TRUE, _FALSE = ("true", "1"), ("false", "0")


@dataclass(frozen=True)
class Wish:
    """How a client wants to be answered.

    Attributes:
        batcher: The model that it wants.
        top_k: How many labels to list.
        canvas: Whether to add what the classifier saw.
    """

    batcher: Batcher
    top_k: int
    canvas: bool


async def predict(models: Models, incoming: Incoming, limit: int, most: int) -> Reply:
    """Answer one request.

    Args:
        models: What reads.
        incoming: The request.
        limit: Bytes that its body may have.
        most: Files that a form may have.

    Raises:
        Refused: It gets no answer.
        Gone: The client went away.
    """
    wish = _wish(models, incoming)
    wish.batcher.check_room()
    content_type = incoming.headers.get(b"content-type", b"")
    body = await incoming.body(limit)
    if is_multipart(content_type):
        files = parts(content_type, body, most)
        wish.batcher.check_room(len(files))
        found = await asyncio.gather(*(_one_of(models, wish, file, incoming) for file in files))
        return Reply(f'{{"predictions": [{", ".join(found)}]}}'.encode())
    try:
        prediction = await _read(models, wish, body, incoming)
    except Refused as refused:
        raise _hinting(refused, content_type, body) from refused
    return Reply(answer(prediction, wish.top_k, canvas=wish.canvas).encode())


def _wish(models: Models, incoming: Incoming) -> Wish:
    options = incoming.options(_OPTIONS)
    if not options:
        return Wish(models.get(None), 1, canvas=False)
    return Wish(
        models.get(options.get("model")),
        _count(options.get("top_k", "1")),
        canvas=_switch(options.get("canvas", "false")),
    )


def _count(text: str) -> int:
    if not (text.isascii() and text.isdigit() and int(text[:10]) >= 1 and len(text) <= 6):
        raise Refused(400, "top_k is no number of labels: give 1 or more")
    return int(text)


def _switch(text: str) -> bool:
    if text.lower() not in _TRUE + _FALSE:
        raise Refused(400, "canvas is neither true nor false")
    return text.lower() in _TRUE


def _hinting(refused: Refused, content_type: bytes, body: bytes) -> Refused:
    """Name the two usual mistakes, which no reader of images can see."""
    if refused.status == 400 and body and b"\0" not in body:  # every image file has zeros
        if content_type.startswith(b"application/x-www-form-urlencoded"):
            return Refused(400, f"{refused} (curl -d drops bytes of files: use --data-binary)")
        if content_type.startswith(b"application/json"):
            return Refused(400, f"{refused} (send the bytes of the file alone, no JSON)")
    return refused


async def _read(models: Models, wish: Wish, data: bytes, incoming: Incoming) -> Prediction:
    image = await models.decoder.decode(data, incoming.deadline)
    try:
        return await wish.batcher.read(image, incoming.deadline)
    except InputError as error:
        raise bad_image(str(error)) from error


async def _one_of(models: Models, wish: Wish, file: Part, incoming: Incoming) -> str:
    """The answer to one of many files: what is wrong with it is told in its place."""
    try:
        prediction = await _read(models, wish, bytes(file.data), incoming)
    except Refused as refused:
        if refused.status >= 500:
            raise
        return json.dumps({"path": file.name, "error": str(refused)})
    return answer(prediction, wish.top_k, canvas=wish.canvas, path=file.name)
