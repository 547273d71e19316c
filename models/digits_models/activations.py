"""What happens to one image inside a network: the output of every layer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digits_models import front
from digits_models.classifier import CanvasClassifier
from digits_models.network import DigitNetwork
from digits_models.weights import Trained

# Above so many layers that give maps, a convolution is shown after its activation only.
DEEP = 12


@dataclass(frozen=True, eq=False)
class Stage:
    """One layer and what it gives.

    Attributes:
        name: Where it is in the network's body, for example `conv1`.
        kind: Its class, for example `Conv2d`.
        output: float32, maps [C, h, w] or numbers [F].
    """

    name: str
    kind: str
    output: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Passage:
    """One image on its way through a network.

    Attributes:
        image: The decoded image, uint8 [H, W, 3].
        canvas: What the front end made of it, uint8 [28, 28].
        kernels: The first layer's weights as pictures, float32 [K, channels, h, w].
        stages: What each layer gives, in order.
        probabilities: float32, one for each label.
    """

    image: NDArray[np.uint8]
    canvas: NDArray[np.uint8]
    kernels: NDArray[np.float32]
    stages: tuple[Stage, ...]
    probabilities: NDArray[np.float32]


@torch.inference_mode()
def follow(trained: Trained, image: NDArray[np.uint8]) -> Passage:
    """Send an image, uint8 [H, W, 3], through front end and network, and keep every output."""
    architecture = trained.architecture
    find = front.build_front(architecture.front)
    canvas = find(torch.from_numpy(image.copy())[None])[0]
    prepare = architecture.prepare()
    _, probabilities = CanvasClassifier(prepare, trained.network, trained.temperature)(canvas)
    stages = tuple(_stages(trained.network, prepare(canvas)))
    kernels = first_kernels(trained.network, side=canvas.shape[1])
    return Passage(image, canvas[0].numpy(), kernels, stages, probabilities[0].numpy())


def first_kernels(network: DigitNetwork, side: int) -> NDArray[np.float32]:
    """The first weights as pictures, float32 [K, channels, h, w].

    A dense layer on a whole canvas has a weight for each pixel: pictures of `side` × `side`.
    """
    for layer in network.body:
        if isinstance(layer, nn.Conv2d):
            return layer.weight.detach().numpy()
        if isinstance(layer, nn.Linear):
            return layer.weight.detach().reshape(-1, 1, side, side).numpy()
    raise ValueError("a network without weights in its body")


def _stages(network: DigitNetwork, x: Tensor) -> Iterator[Stage]:
    """Flattening and dropout change no number, so they are left out."""
    for name, layer in network.body.named_children():
        x = layer(x)
        if not isinstance(layer, nn.Flatten | nn.Dropout):
            # A copy: some activations write over what they read.
            yield Stage(name, type(layer).__name__, x[0].numpy().copy())


def shown(stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
    """The stages that a picture has room for: in deep networks no convolution on its own."""
    if sum(stage.output.ndim == 3 for stage in stages) <= DEEP:
        return stages
    return tuple(stage for stage in stages if stage.kind not in ("Conv2d", "Linear"))
