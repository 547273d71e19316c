"""The `ink` front end: finds the digit on paper, screen or board and draws it as MNIST would.

A picture that is a canvas already stays as it is (`ready`), and only the others are searched for
their digit (`search`): in a batch of canvases that saves most of the time.

Every decision is a ramp, not a step: two engines that differ in the last bit then give the same
canvas up to a grey level. (With hard thresholds, one canvas in thirty differed visibly.)
"""

from types import MappingProxyType

import torch
from torch import Tensor, nn
from torch.nn import functional

from digits_models.ready import ready
from digits_models.resample import grey_levels
from digits_models.search import Search


class Ink(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence.

    - canvas uint8 [N, 28, 28];
    - clean uint8 [N, P, P]: the ink of the whole page, the page centred in a square; P is the
      longer side of the image, made even, but at least 28 and at most 96;
    - box float [N, 4]: left, top, right, bottom of the digit, in pixels of the image;
    - evidence float [N, 5]: contrast, how far the ink is from the paper (0…√3, the distance of
      colours in 0…1); noise, how far the quietest part of the page is from an even surface (the
      same unit); width of the strokes (in pixels of the 20-pixel box); present, 0…1, less than 0.5
      where the page is empty; others, the ink of the largest other part that the border doesn't
      cut off, or beyond an empty column or row, 1 where it is a quarter of the digit's.

    Floats have the dtype of the buffers.
    """

    evidence_names = ("contrast", "noise", "stroke", "present", "others")
    abstain = MappingProxyType({"present": 0.5, "others": 0.75})
    """Empty below the one, several digits above the other: so are 0.1 % of MNIST's single digits,
    and 91 % of pages with a second one anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.search = Search()

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Find the digit and draw it; shapes and units as the class says."""
        share, picture, box, evidence = ready(image, self.search.surface.fit)
        # One at least, since not every engine runs an empty batch.
        first = torch.arange(share.shape[0], device=share.device) == 0
        rows = torch.nonzero((share.flatten() < 1.0) | first).flatten()
        canvas, clean, found, seen = self.search(image[rows])
        share = share[rows]
        margin = clean.shape[3] - picture.shape[3]
        whole = functional.pad(picture, [0, margin, 0, margin])
        canvas = blend(picture, canvas, rows, share)
        clean = blend(whole, clean, rows, share)
        share = share.flatten(1)
        box, evidence = blend(box, found, rows, share), blend(evidence, seen, rows, share)
        return grey_levels(canvas).squeeze(1), grey_levels(clean).squeeze(1), box, evidence


def blend(own: Tensor, found: Tensor, rows: Tensor, share: Tensor) -> Tensor:
    """Put what was found in the place of those of [N, …] that were searched.

    Args:
        own: [N, …], of the pictures as they are.
        found: [K, …], of the search.
        rows: int64 [K], what was searched.
        share: [K, …], what of them stays their own.
    """
    kept = own[rows]
    return own.index_copy(0, rows, found + share * (kept - found))
