"""What Triton checks when it loads a repository, checked before anything is written.

As core's model_config_utils.cc and ensemble_utils.cc and the ONNX Runtime backend do it: a server
that doesn't start is found out late, and on another machine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import onnx

from digits.errors import ModelError
from digits_export.triton.config import ANY, FILE, LABELS, TYPES, VERSION, Config, Step, Tensor

Files = Mapping[str, bytes]

_TYPES = {
    TYPES["uint8"]: onnx.TensorProto.UINT8,
    TYPES["float32"]: onnx.TensorProto.FLOAT,
}


def check(configs: Sequence[Config], files: Files) -> None:
    """Check that a repository's configurations fit its graphs, its labels and each other.

    Args:
        configs: The models.
        files: Contents of the repository's files, by path.

    Raises:
        ModelError: Triton would refuse to load a model; the message says which, and why.
    """
    models: dict[str, Config] = {}
    for config in configs:
        if config.name in models:
            raise ModelError(f"{config.name}: two models have that name: rename one of the bundles")
        models[config.name] = config
    for config in configs:
        problem = next(_problems(config, models, files), None)
        if problem:
            raise ModelError(f"{config.name}: Triton would refuse it: {problem}")


def _problems(config: Config, models: Mapping[str, Config], files: Files) -> Iterator[str]:
    yield from _name_problems(config)
    yield from _label_problems(config, files)
    if config.steps:
        yield from _ensemble_problems(config, models)
    else:
        yield from _graph_problems(config, files)
        yield from _warming_problems(config)


def _name_problems(config: Config) -> Iterator[str]:
    plain = config.name and not config.name.startswith(".")
    if not plain or any(character in config.name for character in "/\\\0"):
        yield f"{config.name!r} is no name of a folder"
    if config.max_batch < 1:
        yield f"its largest batch is {config.max_batch}"


def _label_problems(config: Config, files: Files) -> Iterator[str]:
    for tensor in (each for each in config.outputs if each.labels):
        text = files.get(f"{config.name}/{LABELS}")
        if text is None:
            yield f"{LABELS} is missing"
            return
        lines = text.decode().split("\n")[:-1]  # other ends of a line are no end for Triton
        if len(lines) != tensor.dims[-1]:
            yield f"{LABELS} has {len(lines)} lines for {tensor.dims[-1]} {tensor.name}"


def _graph_problems(config: Config, files: Files) -> Iterator[str]:
    data = files.get(f"{config.name}/{VERSION}/{FILE}")
    if data is None:
        yield f"{VERSION}/{FILE} is missing"
        return
    graph = onnx.load_from_string(data).graph
    inputs = {value.name: value.type.tensor_type for value in graph.input}
    outputs = {value.name: value.type.tensor_type for value in graph.output}
    told = {tensor.name for tensor in config.inputs}
    if told != set(inputs):
        yield f"its inputs are {_names(told)}, the graph's {_names(inputs)}"
    for tensor in (*config.inputs, *config.outputs):
        own = {**inputs, **outputs}.get(tensor.name)
        problem = "the graph has none" if own is None else _difference(tensor, own)
        if problem:
            yield f"{tensor.name}: {problem}"


def _difference(tensor: Tensor, own: onnx.TypeProto.Tensor) -> str | None:
    if own.elem_type != _TYPES.get(tensor.type):
        return f"is {tensor.type}, the graph's is {onnx.TensorProto.DataType.Name(own.elem_type)}"
    batch, *sizes = (each.dim_value or ANY for each in own.shape.dim)
    if batch != ANY:
        return f"the graph takes batches of {batch} alone"
    if tuple(sizes) != tensor.dims:
        return f"is {list(tensor.dims)}, the graph's is {sizes}"
    return None


def _warming_problems(config: Config) -> Iterator[str]:
    dims = config.inputs[0].dims
    for name, (batch, shape) in config.warm.items():
        if not 1 <= batch <= config.max_batch or not _fit(shape, dims):
            yield f"warm-up {name!r} has {batch} of {list(shape)}, for {list(dims)}"


def _ensemble_problems(config: Config, models: Mapping[str, Config]) -> Iterator[str]:
    """Follow the tensors through the steps, in the order of the steps."""
    known = {tensor.name: tensor for tensor in config.inputs}
    for step in config.steps:
        model = models.get(step.model)
        if model is None:
            yield f"there is no model {step.model}"
            return
        if model.max_batch < config.max_batch:
            yield f"takes {config.max_batch} at once, {step.model} only {model.max_batch}"
        yield from _input_problems(step, model, known)
        yield from _output_problems(step, model, known)
    yield from _flow_problems(config)
    for tensor in config.outputs:
        yield from _mismatches(tensor.name, tensor, known)


def _input_problems(step: Step, model: Config, known: Mapping[str, Tensor]) -> Iterator[str]:
    inputs = {tensor.name: tensor for tensor in model.inputs}
    for name in step.inputs.keys() ^ inputs.keys():
        wrong = "is given to no input" if name in inputs else "is no input"
        yield f"{name} of {step.model} {wrong}"
    for name in step.inputs.keys() & inputs.keys():
        yield from _mismatches(step.inputs[name], inputs[name], known)


def _output_problems(step: Step, model: Config, known: dict[str, Tensor]) -> Iterator[str]:
    outputs = {tensor.name: tensor for tensor in model.outputs}
    for name, target in step.outputs.items():
        if name not in outputs:
            yield f"{name} is no output of {step.model}"
        elif target in known:
            yield f"{target} is made twice"
        else:
            known[target] = outputs[name]


def _flow_problems(config: Config) -> Iterator[str]:
    """Find tensors that nobody takes, and steps that Triton would leave out though others wait.

    For each output of the ensemble that a request doesn't ask for, Triton counts one output of its
    step as not needed, and runs no step without needed ones: the request then fails as a deadlock.
    """
    taken = {name for step in config.steps for name in step.inputs.values()}
    given = {tensor.name for tensor in config.outputs}
    for step in config.steps:
        made = set(step.outputs.values())
        unused = sorted(made - taken - given)
        if unused:
            yield f"{unused[0]} of {step.model} is unused"
        if made & taken and made <= given:
            yield f"all outputs of {step.model} are its own, so that it can't be asked for others"


def _mismatches(name: str, tensor: Tensor, known: Mapping[str, Tensor]) -> Iterator[str]:
    made = known.get(name)
    if made is None:
        yield f"no step makes {name}"
    elif made.type != tensor.type or not _fit(made.dims, tensor.dims):
        yield (
            f"{name} is {made.type} {list(made.dims)}, "
            f"and {tensor.type} {list(tensor.dims)} elsewhere"
        )


def _fit(first: tuple[int, ...], second: tuple[int, ...]) -> bool:
    """Whether two shapes can be the same."""
    pairs = zip(first, second, strict=False)
    return len(first) == len(second) and all(a == b or ANY in (a, b) for a, b in pairs)


def _names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
