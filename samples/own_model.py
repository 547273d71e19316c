"""A network of one's own, to export: three colours, four classes.

digits-export --model own_model:Shapes --input 3x48x64 --mean 0.5 --std 0.25 --labels own_labels.txt
"""

import torch
from torch import Tensor, nn


class Shapes(nn.Module):
    """Float [N, 3, H, W] → logits float [N, 4]; its weights are random, as an example's may be."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, stride=2, padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(16)
        self.conv2 = nn.Conv2d(16, 32, 3, stride=2, padding=1)
        self.head = nn.Linear(32, 4)

    def forward(self, x: Tensor) -> Tensor:
        """Two convolutions, the mean of each channel, a linear layer."""
        x = torch.relu(self.norm1(self.conv1(x)))
        x = torch.relu(self.conv2(x))
        logits: Tensor = self.head(x.mean((2, 3)))
        return logits
