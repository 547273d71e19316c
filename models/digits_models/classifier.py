"""What is exported: everything between a canvas and its calibrated probabilities."""

import torch
from torch import Tensor, nn


class CanvasClassifier(nn.Module):
    """Canvas uint8 [N, 28, 28] → raw logits [N, 10], probabilities softmax(logits / temperature).

    `.double()` turns it into the float64 truth that exports are compared with.

    Args:
        prepare: Canvas → network input.
        network: Network input → logits.
        temperature: Found on validation data; above 1 it makes the network less sure of itself.
    """

    temperature: Tensor

    def __init__(self, prepare: nn.Module, network: nn.Module, temperature: float = 1.0) -> None:
        super().__init__()
        self.prepare = prepare
        self.network = network
        self.register_buffer("temperature", torch.tensor(temperature))

    def forward(self, canvas: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and probabilities, float [N, 10] each."""
        logits = self.network(self.prepare(canvas))
        return logits, torch.softmax(logits / self.temperature, dim=1)
