"""The `photo` front end in colour: for pictures of anything, as classifiers of photos take them."""

import torch
from torch import Tensor, nn

from digits_models.photo import BLUE, GREEN, RED
from digits_models.resample import grey_levels, resample_matrix


class ColourPhoto(nn.Module):
    """Image uint8 [N, H, W, 3] → canvas, clean, box, evidence.

    - canvas uint8 [N, 3, height, width]: the middle of the image, RGB;
    - clean uint8 [N, height, width]: the same in grey (ITU-R BT.601);
    - box float [N, 4]: left, top, right, bottom of the middle, in pixels of the image;
    - evidence float [N, 1]: contrast, the standard deviation of the grey, of values in 0…1.

    Floats have the dtype of the buffers.

    Args:
        height: Rows of the canvas.
        width: Its columns.
        crop: Share of the largest middle part of the canvas's proportions that is taken; 0.875 is
            what torchvision's transforms leave of 256 pixels with 224.
    """

    evidence_names = ("contrast",)

    grey: Tensor
    sides: Tensor

    def __init__(self, height: int, width: int, crop: float = 1.0) -> None:
        super().__init__()
        self.height = height
        self.width = width
        self.crop = crop
        self.register_buffer("grey", torch.tensor([RED, GREEN, BLUE]).reshape(1, 3, 1, 1))
        self.register_buffer("sides", torch.tensor([float(height), float(width)]))

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Cut the middle out and resize it; shapes and units as the class says."""
        count, height, width = image.shape[0], image.shape[1], image.shape[2]
        pixels = image.to(self.grey.dtype).reshape(count, height, -1)
        origin = torch.zeros_like(pixels[:, :1, :1])
        tall, wide = origin + height, origin + width
        step = self.crop * torch.minimum(tall / self.sides[0], wide / self.sides[1])
        high, long = step * self.sides[0], step * self.sides[1]
        top, left = (tall - high) / 2, (wide - long) / 2

        rows = resample_matrix(top, step, self.height, height, True)
        columns = resample_matrix(left, step, self.width, width, True) / 255.0
        # Reduced by rows first, the pixels need no transposing while they are many.
        reduced = torch.matmul(rows, pixels).reshape(count, self.height, width, 3)
        canvas = torch.matmul(reduced.permute(0, 3, 1, 2), columns.transpose(1, 2).unsqueeze(1))

        grey = (canvas * self.grey).sum(1)
        box = torch.cat([left, top, left + long, top + high], 2).squeeze(1)
        contrast = (grey - grey.mean([1, 2], keepdim=True)).square().mean([1, 2]).sqrt()
        return grey_levels(canvas), grey_levels(grey), box, contrast.unsqueeze(1)
