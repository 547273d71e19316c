"""Models of other people: any torch image classifier becomes a subject, with a front end in front.

float [N, C, H, W], normalised → logits [N, K]
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor, nn

from digits.errors import ModelError, UsageError
from digits_export.blame import blamed
from digits_export.factory import make
from digits_export.subject import Subject
from digits_models import weights
from digits_models.canvas import Ink, Prepare
from digits_models.classifier import CanvasClassifier
from digits_models.front import CANVAS, build_front

Shape = tuple[int, int, int]

# Of a factory that makes random weights: so that the same command gives the same bundle.
_SEED = 0
# A network that adds a border of two pixels to MNIST's digits, as LeNet does.
_PADDED = 32


@dataclass(frozen=True)
class Request:
    """What a user says about a model.

    Attributes:
        model: "package.module:factory".
        weights: Its weights; None for those that the factory gives it.
        input: Channels, height and width of its input.
        front: Name of the front end.
        mean: Of the pixels in 0…1 that it was trained on; one number, or one for each channel.
        std: Their standard deviation.
        labels: A file with its labels, one a line or as a JSON list; None for numbers.
        name: Of the bundle; None for the factory's.
        crop: Share of an image's middle to take (`photo` in colour).
    """

    model: str
    input: Shape
    front: str = "photo"
    weights: Path | None = None
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    labels: Path | None = None
    name: str | None = None
    crop: float = 1.0


class Normalise(nn.Module):
    """Canvas uint8 [N, C, H, W] or [N, H, W] → float [N, C, H, W], as the network was trained.

    Args:
        mean: One number, or one for each channel.
        std: The same.
        channels: C.
    """

    is_grey: Final[bool]
    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float], std: Sequence[float], channels: int) -> None:
        super().__init__()
        self.is_grey = channels == 1
        for name, values in (("mean", mean), ("std", std)):
            column = torch.tensor(values).expand(channels).reshape(1, channels, 1, 1)
            self.register_buffer(name, column.clone())

    def forward(self, canvas: Tensor) -> Tensor:
        """Scale to 0…1, subtract the mean, divide by the standard deviation."""
        x = canvas.to(self.mean.dtype) / 255.0
        if self.is_grey:
            x = x.unsqueeze(1)
        return (x - self.mean) / self.std


def foreign_subject(request: Request) -> Subject:
    """Load a model and check that it is a classifier of such images.

    Raises:
        UsageError: The request can't be: no such factory, figures that don't fit.
        ModelError: The model fails, or isn't a classifier; its weights don't fit or aren't finite.
    """
    _check_figures(request)
    canvas, prepare = _preparation(request)
    front = build_front(request.front, canvas, request.crop)
    network = _network(request)
    classes = _classes(network, request)
    labels = _labels(request.labels, classes, request.model)
    factory = request.model.partition(":")[2]
    return Subject(
        name=request.name or factory.lower().replace(".", "-"),
        arch=request.model,
        title=f"{type(network).__name__}, {'×'.join(map(str, request.input))}",
        source=request.model.partition(":")[0],
        parameters=sum(value.numel() for value in network.parameters()),
        dataset=request.labels.stem if request.labels else "unknown",
        labels=labels,
        front=request.front,
        front_end=front,
        classifier=CanvasClassifier(prepare, network).eval(),
        canvas=canvas,
        temperature=1.0,
        record=_record(request),
        digest=weights.digest(network.state_dict()),
    )


def recorded_subject(record: Mapping[str, Any], file: Path | None) -> Subject:
    """The subject that a bundle of a foreign model was exported from.

    Args:
        record: What its manifest says about its weights.
        file: The weights; None if they were the factory's own.

    Raises:
        UsageError: The factory isn't here.
        ModelError: It isn't about a foreign model, or the model can't be had.
    """
    try:
        channels, height, width = record["input"]
        request = Request(
            model=record["model"],
            input=(channels, height, width),
            front=record["front"],
            weights=file,
            mean=tuple(record["mean"]),
            std=tuple(record["std"]),
            crop=record["crop"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError("the manifest doesn't tell where the model came from") from error
    return foreign_subject(request)


def _record(request: Request) -> dict[str, object]:
    """What the manifest keeps of the request: no paths of this machine."""
    told = asdict(request) | {"labels": None, "name": None}
    told["weights"] = request.weights.name if request.weights else "the factory's own"
    return {key: value for key, value in told.items() if value is not None}


def _check_figures(request: Request) -> None:
    channels, height, width = request.input
    if channels not in (1, 3) or min(height, width) < 1:
        raise UsageError(f"input {'x'.join(map(str, request.input))}: give 1xHxW or 3xHxW")
    for name, values in (("mean", request.mean), ("std", request.std)):
        if len(values) not in (1, channels):
            given = f"{len(values)} numbers for {channels} channels"
            raise UsageError(f"{name} has {given}: give one, or one for each")
    if not all(value > 0 for value in request.std):
        raise UsageError(f"std is {min(request.std):g}: it must be above 0")
    if not 0 < request.crop <= 1:
        raise UsageError(f"crop is {request.crop:g}: give a share of the image, 0 to 1")


def _preparation(request: Request) -> tuple[tuple[int, ...], nn.Module]:
    """The canvas that the front end makes, and what makes it the network's input."""
    channels, height, width = request.input
    if request.front != "ink":
        canvas = (height, width) if channels == 1 else (channels, height, width)
        return canvas, Normalise(request.mean, request.std, channels)
    if height != width or len(set(request.mean)) > 1 or len(set(request.std)) > 1:
        raise UsageError("front end 'ink' is for a square input, one mean and one std: it is grey")
    ink = Ink(request.mean[0], request.std[0])
    if height == _PADDED:
        return CANVAS, Prepare(ink, pad=(_PADDED - CANVAS[0]) // 2, channels=channels)
    return CANVAS, Prepare(ink, size=0 if height == CANVAS[0] else height, channels=channels)


def _network(request: Request) -> nn.Module:
    made = make(request.model, _SEED)
    if not isinstance(made, nn.Module):
        raise ModelError(f"{request.model} gives a {type(made).__name__}, not a torch.nn.Module")
    network = made.cpu().float().eval()
    if request.weights is not None:
        tensors, _ = weights.read(request.weights)
        weights.fill(network, _unwrapped(tensors), f"{request.weights} doesn't fit {request.model}")
    for name, value in network.state_dict().items():
        if not value.isfinite().all():
            raise ModelError(f"{request.model}: tensor {name} holds values that are not finite")
    return network.requires_grad_(False)


def _unwrapped(tensors: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
    """Names without the `module.` that DataParallel puts before all of them."""
    prefix = "module."
    if tensors and all(name.startswith(prefix) for name in tensors):
        return {name.removeprefix(prefix): value for name, value in tensors.items()}
    return tensors


def _classes(network: nn.Module, request: Request) -> int:
    """Run the model on a few images: it must give logits for each, whatever is beside it."""
    generator = torch.Generator().manual_seed(_SEED)
    images = torch.randn(3, *request.input, generator=generator)
    single, pair, several = (_answer(network, images[:count], request) for count in (1, 2, 3))
    again = _answer(network, images[:1], request)
    classes = single.shape[1]
    if (single.shape, pair.shape, several.shape) != ((1, classes), (2, classes), (3, classes)):
        shapes = f"{list(single.shape)}, {list(pair.shape)} and {list(several.shape)}"
        raise ModelError(
            f"{request.model} gives {shapes} for one, two and three images: it must take batches, "
            "float [N, C, H, W] → [N, classes]"
        )
    if not several.isfinite().all():
        raise ModelError(f"{request.model} gives numbers that are not finite for noise around 0")
    if not torch.equal(single, again):
        raise ModelError(
            f"{request.model} gives another answer each time: are there random numbers in forward?"
        )
    if not torch.allclose(single[0], several[0], rtol=1e-3, atol=1e-3 * float(several.abs().max())):
        raise ModelError(
            f"{request.model} answers an image differently when others are beside it: "
            "it must take each by itself (batch norm in training mode?)"
        )
    if (several >= 0).all() and torch.allclose(several.sum(1), torch.ones(3), atol=1e-4):
        raise ModelError(f"{request.model} gives probabilities: let it give the logits before them")
    return int(single.shape[1])


def _answer(network: nn.Module, images: Tensor, request: Request) -> Tensor:
    try:
        with torch.no_grad():
            logits = network(images)
    except Exception as error:  # another's code may raise anything
        shape = list(images.shape)
        raise ModelError(f"{request.model} fails on float {shape}: {blamed(error)}") from error
    if not isinstance(logits, Tensor) or logits.dim() != 2:
        kind = list(logits.shape) if isinstance(logits, Tensor) else f"a {type(logits).__name__}"
        raise ModelError(
            f"{request.model} gives {kind} for {len(images)} images: wrap it in a module that "
            "gives the logits alone, [N, classes]"
        )
    return logits.float()


def _labels(file: Path | None, classes: int, model: str) -> tuple[str, ...]:
    if file is None:
        return tuple(map(str, range(classes)))
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a text file"
        raise UsageError(f"labels {file}: can't be read: {reason}") from error
    labels = _listed(text, file) if text.lstrip().startswith("[") else text.splitlines()
    found = [label.strip() for label in labels if label.strip()]
    if len(found) != classes:
        raise UsageError(f"labels {file}: has {len(found)}, {model} gives {classes} classes")
    if len(set(found)) != len(found):
        twice = next(label for label in found if found.count(label) > 1)
        raise UsageError(f"labels {file}: lists {twice!r} twice")
    return tuple(found)


def _listed(text: str, file: Path) -> list[str]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UsageError(f"labels {file}: not JSON: {error}") from error
    if not all(isinstance(value, str) for value in values):
        raise UsageError(f"labels {file}: should be a list of texts")
    return list(values)
