"""From a canvas to a network's input; part of the exported model, so that no caller repeats it."""

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True)
class Ink:
    """Mean and standard deviation of a data set's pixels, of values in 0…1."""

    mean: float
    std: float


MNIST_INK = Ink(mean=0.1307, std=0.3081)
FASHION_INK = Ink(mean=0.2860, std=0.3530)


class Prepare(nn.Module):
    """Canvas uint8 [N, 28, 28] → normalised float [N, channels, size, size].

    The result has the dtype of the buffers, so that `.double()` gives a float64 path.

    Args:
        ink: The statistics to normalise with.
        pad: Black pixels to add on each side, before normalising.
        size: Side to grow to, bilinearly; 0 keeps the padded side.
        channels: How often to repeat the grey channel.
    """

    pad: Final[int]
    size: Final[int]
    channels: Final[int]
    mean: Tensor
    std: Tensor

    def __init__(self, ink: Ink, pad: int = 0, size: int = 0, channels: int = 1) -> None:
        super().__init__()
        self.pad = pad
        self.size = size
        self.channels = channels
        self.register_buffer("mean", torch.tensor(ink.mean))
        self.register_buffer("std", torch.tensor(ink.std))

    def forward(self, canvas: Tensor) -> Tensor:
        """Scale, pad, normalise, grow and repeat; each only where the network needs it."""
        x = canvas.to(self.mean.dtype).unsqueeze(1) / 255.0
        if self.pad > 0:
            x = functional.pad(x, [self.pad, self.pad, self.pad, self.pad])
        x = (x - self.mean) / self.std
        if self.size > 0:
            # By a factor, which is a constant in the exported graph: a size would be put together
            # from the batch's by nodes that ONNX Runtime keeps on the CPU, so CUDA would refuse.
            factor = float(self.size) / x.shape[2]
            x = functional.interpolate(
                x, scale_factor=[factor, factor], mode="bilinear", align_corners=False
            )
        if self.channels > 1:
            x = x.expand(-1, self.channels, -1, -1)
        return x
