"""What Triton is told of each model: the parts of its ModelConfig that a bundle needs.

The schema is model_config.proto of triton-inference-server/common, explained at
https://docs.nvidia.com/deeplearning/triton-inference-server/user-guide/docs/user_guide/model_configuration.html
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod

from digits.bundle import FRONT, MODEL
from digits.manifest import Manifest
from digits.manifest import Tensor as Signature
from digits_export.triton.text import Value, Word, written

CONFIG = "config.pbtxt"
LABELS = "labels.txt"
FILE = "model.onnx"
VERSION = "1"
ANY = -1  # a size that is open
RELAYED = "relayed"  # the relay's output

# Triton's names of the types that our graphs have.
TYPES = {"uint8": "TYPE_UINT8", "float32": "TYPE_FP32"}

# The largest batches. A front end takes photos of 36 MB each, a large network's layers have
# hundreds of megabytes.
_FRONT_BATCH = 16
_BATCH = 64
_LARGE_BATCH = 16
_LARGE_CANVAS = 10_000  # numbers; small networks have 784

# Long enough for requests that come at the same time, and not felt by one that comes alone.
_DELAY = 500  # µs

# Blank images of a digit's size and of a photo's.
_WARM_IMAGES = ((28, 28, 3), (480, 640, 3))


@dataclass(frozen=True)
class Tensor:
    """An input or output as Triton is told of it.

    Attributes:
        name: Its name in the graph.
        type: One of `TYPES`' values.
        dims: Its shape without the batch; -1 where any size will do.
        labels: Whether LABELS names its places.
    """

    name: str
    type: str
    dims: tuple[int, ...]
    labels: bool = False


@dataclass(frozen=True)
class Step:
    """One model of an ensemble.

    Attributes:
        model: Its name.
        inputs: The ensemble's tensor for each of its inputs.
        outputs: The ensemble's tensor for those of its outputs that are wanted.
    """

    model: str
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]


@dataclass(frozen=True)
class Instances:
    """How a model's copies run.

    Attributes:
        count: Copies, each of which answers one batch at a time.
        kind: "KIND_CPU", or "KIND_AUTO" for the GPU where there is one.
        threads: Threads of each on the CPU; 0 for as many as there are cores.
        delay: For how long a request waits for others to run with, in µs; 0 if it goes alone.
    """

    count: int
    kind: str
    threads: int
    delay: int = _DELAY


@dataclass(frozen=True)
class Config:
    """One model's configuration; with `steps` an ensemble, else a graph with `instances`.

    Attributes:
        warm: Inputs to run when the model is loaded, by name of the sample: batch and shape.
    """

    name: str
    max_batch: int
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    steps: tuple[Step, ...] = ()
    instances: Instances | None = None
    warm: Mapping[str, tuple[int, tuple[int, ...]]] = field(default_factory=dict)

    def text(self) -> str:
        """The contents of config.pbtxt."""
        return written(self._message())

    def _message(self) -> dict[str, Value]:
        head = {"name": self.name}
        sizes = {"max_batch_size": self.max_batch}
        tensors = {
            "input": [_tensor(each) for each in self.inputs],
            "output": [_tensor(each) for each in self.outputs],
        }
        if self.instances is None:
            steps = {"step": [_step(step) for step in self.steps]}
            return {
                **head,
                "platform": "ensemble",
                **sizes,
                **tensors,
                "ensemble_scheduling": steps,
            }
        kind = {"platform": "onnxruntime_onnx", "backend": "onnxruntime"}
        running = _running(self.instances) | {"model_warmup": self._warming()}
        return {**head, **kind, "default_model_filename": FILE, **sizes, **tensors, **running}

    def _warming(self) -> list[dict[str, Value]]:
        (tensor,) = self.inputs
        return [
            {
                "name": name,
                "batch_size": batch,
                "inputs": _entry(
                    tensor.name,
                    {"data_type": Word(tensor.type), "dims": list(dims), "zero_data": True},
                ),
            }
            for name, (batch, dims) in self.warm.items()
        ]


def configs(manifest: Manifest) -> tuple[Config, ...]:
    """The models of a bundle: the ensemble, front end, classifier and relay."""
    front, classifier = _front(manifest), _classifier(manifest)
    relay = _relay(manifest, front, classifier)
    return _ensemble(manifest.name, front, classifier, relay), front, classifier, relay


def _front(manifest: Manifest) -> Config:
    graph = manifest.graphs[FRONT]
    return Config(
        f"{manifest.name}_front",
        _FRONT_BATCH,
        _tensors(graph.inputs),
        _tensors(graph.outputs),
        # On the CPU, since each of its many small nodes would wait for a GPU (see digits.sessions);
        # one thread each, since sharing the nodes out takes longer than they do.
        instances=Instances(count=2, kind="KIND_CPU", threads=1),
        warm={f"{high}x{wide}": (1, (high, wide, deep)) for high, wide, deep in _WARM_IMAGES},
    )


def _classifier(manifest: Manifest) -> Config:
    graph = manifest.graphs[MODEL]
    large = prod(manifest.canvas_shape) >= _LARGE_CANVAS
    batch = _LARGE_BATCH if large else _BATCH
    return Config(
        f"{manifest.name}_classifier",
        batch,
        _tensors(graph.inputs),
        _tensors(graph.outputs, labels="probabilities"),
        instances=Instances(count=1, kind="KIND_AUTO", threads=0 if large else 1),
        warm={f"batch{size}": (size, manifest.canvas_shape) for size in (1, batch)},
    )


def _relay(manifest: Manifest, front: Config, classifier: Config) -> Config:
    """Hands on the canvas, so that what the ensemble gives isn't what its classifier takes.

    Asked for some of its outputs, Triton leaves out each step all of whose outputs are the
    ensemble's and aren't asked for, also where another step waits for one of them
    (triton-inference-server/server#7482; `check` refuses such ensembles).
    """
    (canvas,) = classifier.inputs
    return Config(
        f"{manifest.name}_canvas",
        front.max_batch,
        (canvas,),
        (replace(canvas, name=RELAYED),),
        instances=Instances(count=1, kind="KIND_CPU", threads=1, delay=0),
    )


def _ensemble(name: str, front: Config, classifier: Config, relay: Config) -> Config:
    """All as one, with the outputs of image.onnx in their order."""
    probabilities = next(each for each in classifier.outputs if each.name == "probabilities")
    (image,), (canvas,) = front.inputs, classifier.inputs
    inside = f"{canvas.name}_inside"
    made = {each.name: each.name for each in front.outputs} | {canvas.name: inside}
    return Config(
        name,
        min(front.max_batch, classifier.max_batch),
        front.inputs,
        (probabilities, *front.outputs),
        steps=(
            Step(front.name, {image.name: image.name}, made),
            Step(classifier.name, {canvas.name: inside}, {probabilities.name: probabilities.name}),
            Step(relay.name, {canvas.name: inside}, {RELAYED: canvas.name}),
        ),
    )


def _tensors(signatures: tuple[Signature, ...], labels: str | None = None) -> tuple[Tensor, ...]:
    return tuple(
        Tensor(each.name, TYPES[each.dtype], _dims(each.shape), each.name == labels)
        for each in signatures
    )


def _dims(shape: tuple[int | str, ...]) -> tuple[int, ...]:
    return tuple(size if isinstance(size, int) else ANY for size in shape[1:])


def _tensor(tensor: Tensor) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "name": tensor.name,
        "data_type": Word(tensor.type),
        "dims": list(tensor.dims),
    }
    return fields | {"label_filename": LABELS} if tensor.labels else fields


def _step(step: Step) -> dict[str, Value]:
    return {
        "model_name": step.model,
        "model_version": -1,  # the newest
        "input_map": [_entry(*pair) for pair in step.inputs.items()],
        "output_map": [_entry(*pair) for pair in step.outputs.items()],
    }


def _running(instances: Instances) -> dict[str, Value]:
    fields: dict[str, Value] = {
        "instance_group": [{"count": instances.count, "kind": Word(instances.kind)}],
        "parameters": [
            _entry(key, {"string_value": value}) for key, value in _parameters(instances).items()
        ],
    }
    if instances.delay:
        # Without preferred sizes, as Triton's documentation advises: what waits goes together. Only
        # requests of equal shape do, since no input allows ragged batches.
        batching = {"max_queue_delay_microseconds": instances.delay}
        fields = {"dynamic_batching": batching} | fields
    if instances.kind == "KIND_CPU":
        return fields
    # A bundle's probabilities are those of float32, which TF32 isn't.
    cuda = {"name": "cuda", "parameters": [_entry("use_tf32", "0")]}
    accelerators = {"execution_accelerators": {"gpu_execution_accelerator": [cuda]}}
    return {"optimization": accelerators} | fields


def _parameters(instances: Instances) -> dict[str, str]:
    """Settings of ONNX Runtime."""
    threads = {"intra_op_thread_count": str(instances.threads)} if instances.threads else {}
    if instances.kind == "KIND_CPU":
        return threads
    # By a heuristic: the default tries all algorithms, for each new size of a batch again. Among
    # the options of the accelerator, Triton ignores it (triton-inference-server/server#8808).
    return threads | {"cudnn_conv_algo_search": "1"}


def _entry(key: str, value: Value) -> dict[str, Value]:
    """One entry of a map."""
    return {"key": key, "value": value}
