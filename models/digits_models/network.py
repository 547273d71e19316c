"""The shape that all networks share: a body that finds features, a linear head that weighs them."""

from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn


class DigitNetwork(nn.Module):
    """A stack of named layers under a linear head.

    Args:
        body: The layers by name, in order; the last of them gives the features, [N, F].
        head: F features → 10 logits.
    """

    def __init__(self, body: dict[str, nn.Module], head: nn.Linear) -> None:
        super().__init__()
        self.body = nn.Sequential(OrderedDict(body))
        self.head = head

    def features(self, x: Tensor) -> Tensor:
        """Return what the head sees: float [N, C, H, W] → [N, F]."""
        return self.body(x)  # type: ignore[no-any-return]

    def forward(self, x: Tensor) -> Tensor:
        """Return the logits: float [N, C, H, W] → [N, 10]."""
        return self.head(self.features(x))  # type: ignore[no-any-return]
