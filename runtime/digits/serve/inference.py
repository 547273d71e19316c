"""The models as the Open Inference Protocol shows them: three for each bundle.

Their names are those of the Triton repository that `digits export --layout triton` writes.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from digits import __version__
from digits.bundle import FRONT
from digits.classifier import Classifier
from digits.errors import InputError
from digits.front import check_sides
from digits.images import Decoded, Pixels
from digits.prediction import Prediction
from digits.serve.batching import Batcher
from digits.serve.decoding import LONGEST_SIDE
from digits.serve.incoming import Incoming
from digits.serve.models import Models
from digits.serve.replies import Refused, Reply, bad_image
from digits.serve.tensors import LENGTH, Array, Arrays, Asked, Spec, read, write

VERSION = "1"
_NONE: frozenset[str] = frozenset()

Run = Callable[[Asked, float], Awaitable[Arrays]]


@dataclass(frozen=True)
class Port:
    """One model of the protocol.

    Attributes:
        name: Its name.
        inputs: What it takes.
        outputs: What it gives.
        run: Runs a request before a deadline on the monotonic clock.
    """

    name: str
    inputs: tuple[Spec, ...]
    outputs: tuple[Spec, ...]
    run: Run

    @property
    def metadata(self) -> dict[str, object]:
        """What `GET /v2/models/NAME` tells."""
        return {
            "name": self.name,
            "versions": [VERSION],
            "platform": "onnxruntime_onnx",
            "inputs": [spec.described for spec in self.inputs],
            "outputs": [spec.described for spec in self.outputs],
        }


def server_metadata() -> dict[str, object]:
    """What `GET /v2` tells."""
    extensions = ["binary_tensor_data"]
    return {"name": "digits-edge", "version": __version__, "extensions": extensions}


def ports_of(models: Models, most: int) -> dict[str, Port]:
    """All models of a server, by name.

    Args:
        models: What it has open.
        most: Images that one request may have.
    """
    ports = [port for batcher in models.batchers.values() for port in _ports(batcher, most)]
    return {port.name: port for port in ports}


def find(ports: Mapping[str, Port], name: str, version: str | None) -> Port:
    """The model of that name.

    Raises:
        Refused: There is none, or not in that version.
    """
    if name not in ports:
        raise Refused(404, f"no model {name!r:.100} here: there are {', '.join(ports)}")
    if version not in (None, VERSION):
        raise Refused(404, f"{name} has no version {version!r:.40}: it has {VERSION}")
    return ports[name]


async def infer(port: Port, incoming: Incoming, limit: int) -> Reply:
    """Answer `POST /v2/models/NAME/infer`.

    Raises:
        Refused: It gets no answer.
        Gone: The client went away.
    """
    incoming.options(_NONE)
    body = await incoming.body(limit)
    asked = read(body, incoming.headers.get(LENGTH), port.inputs, port.outputs)
    try:
        arrays = await port.run(asked, incoming.deadline)
    except InputError as error:
        raise bad_image(str(error)) from error
    return write(port.name, VERSION, asked, arrays)


def _ports(batcher: Batcher, most: int) -> tuple[Port, Port, Port]:
    classifier = batcher.classifier
    bundle = classifier.bundle
    graphs = bundle.manifest.graphs
    front, model = graphs[FRONT], graphs[bundle.model_file]
    image, canvas = (tuple(map(Spec.of, graph.inputs)) for graph in (front, model))
    seen, classes = (tuple(map(Spec.of, graph.outputs)) for graph in (front, model))
    probabilities = tuple(spec for spec in classes if spec.name == "probabilities")
    name = classifier.name
    return (
        Port(name, image, (*probabilities, *seen), partial(_read, batcher, most)),
        Port(f"{name}_front", image, seen, partial(_see, batcher, most)),
        Port(f"{name}_classifier", canvas, classes, partial(_classify, batcher)),
    )


async def _read(batcher: Batcher, most: int, asked: Asked, deadline: float) -> Arrays:
    images = _images(asked, most)
    batcher.check_room(len(images))
    found = await asyncio.gather(
        *(batcher.read(Decoded(image, image.shape[1::-1]), deadline) for image in images)
    )
    return {name: _stacked(name, found) for name in asked.outputs}


def _stacked(name: str, predictions: list[Prediction]) -> Array:
    if name == "evidence":
        rows = [list(prediction.evidence.values()) for prediction in predictions]
        return np.array(rows, np.float32)
    if name == "box":
        return np.array([prediction.box for prediction in predictions], np.float32)
    arrays: list[Array] = [getattr(prediction, name) for prediction in predictions]
    return np.stack(arrays)


def _images(asked: Asked, most: int) -> list[Pixels]:
    batch = asked.inputs["image"].astype(np.uint8, copy=False)
    if len(batch) > most:
        raise Refused(413, f"{len(batch)} images: send at most {most} at once")
    check_sides(batch[0], LONGEST_SIDE)
    return list(batch)


async def _see(batcher: Batcher, most: int, asked: Asked, deadline: float) -> Arrays:
    images = _images(asked, most)

    def work() -> Arrays:
        batch = batcher.classifier.see_batch(images)
        return {name: getattr(batch, name) for name in asked.outputs}

    return await batcher.run(work, deadline)


async def _classify(batcher: Batcher, asked: Asked, deadline: float) -> Arrays:
    canvases = asked.inputs["canvas"].astype(np.uint8, copy=False)
    runs = _runs(batcher.classifier)

    def work() -> Arrays:
        return {name: runs[name](canvases) for name in asked.outputs}

    return await batcher.run(work, deadline)


def _runs(classifier: Classifier) -> dict[str, Callable[[Pixels], Array]]:
    return {
        "logits": classifier.predict_logits,
        "probabilities": classifier.predict_canvases,
    }
