"""The `photo` front end: for pictures that fill the frame, such as Fashion-MNIST's.

The middle square of the image is resized to the canvas, as light on black: a picture whose corners
are bright was taken on a bright background and is inverted.
"""

import torch
from torch import Tensor, nn

from digits_models.resample import grey_levels, sample_window

CANVAS = 28
CORNER = 3
RED, GREEN, BLUE = 0.299, 0.587, 0.114


class Photo(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence.

    - canvas uint8 [N, side, side];
    - clean uint8 [N, side, side]: the square in grey (ITU-R BT.601), before inverting;
    - box float [N, 4]: left, top, right, bottom of the square, in pixels of the image;
    - evidence float [N, 1]: contrast, the standard deviation of the canvas, of values in 0…1.

    Floats have the dtype of the buffers.

    Args:
        side: Of the canvas, in pixels.
    """

    evidence_names = ("contrast",)

    grey: Tensor
    corners: Tensor

    def __init__(self, side: int = CANVAS) -> None:
        super().__init__()
        self.register_buffer("grey", torch.tensor([RED, GREEN, BLUE]).reshape(1, 3, 1, 1))
        corner = torch.zeros(side, side)
        for rows in (slice(None, CORNER), slice(-CORNER, None)):
            for columns in (slice(None, CORNER), slice(-CORNER, None)):
                corner[rows, columns] = 1.0 / (4 * CORNER * CORNER)
        self.register_buffer("corners", corner)

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Crop, resize and choose the polarity; shapes and units as the class says."""
        count, height, width = image.shape[0], image.shape[1], image.shape[2]
        side = self.corners.shape[0]
        pixels = image.to(self.grey.dtype).reshape(count, height, -1)
        origin = torch.zeros_like(pixels[:, :1, :1])
        tall, wide = origin + height, origin + width
        square = torch.minimum(tall, wide)
        top, left = (tall - square) / 2, (wide - square) / 2

        page = sample_window(pixels, width, top, left, square / side, side)
        grey = (page * self.grey).sum(1)
        # A ramp, not a step: a corner brightness of exactly one half is no reason to differ between
        # engines.
        bright = ((grey * self.corners).sum([1, 2], keepdim=True) - 0.45) / 0.1
        bright = bright.clamp(0.0, 1.0)
        canvas = grey + bright * (1.0 - 2.0 * grey)

        box = torch.cat([left, top, left + square, top + square], 2).squeeze(1)
        contrast = (canvas - canvas.mean([1, 2], keepdim=True)).square().mean([1, 2]).sqrt()
        return grey_levels(canvas), grey_levels(grey), box, contrast.unsqueeze(1)
