"""A picture that is a canvas already: light ink on black, 28×28, placed as MNIST places it.

Drawn anew it could only lose: a line across it, or specks, would be taken for ink whose size and
place count. So it stays as it came. The more it differs from a canvas, the less of it does. The
negative of a canvas is one, too, if it lies exactly as MNIST's do: other dark digits on white paper
of that size are people's drawings.
"""

import torch
from torch import Tensor
from torch.nn import functional

from digits_models.contrast import ink_level, quietest, visible
from digits_models.drawing import centre, halves, ink_edges, stroke_width
from digits_models.ramps import all_ramps, ramp
from digits_models.surface import border


def ready(image: Tensor, like: Tensor, side: int = 28) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """How much of a picture can stay as it is, and what it shows.

    Args:
        image: uint8 [N, H, W, 3].
        like: Has the dtype of the results.
        side: Of a canvas.

    Returns:
        The share of the picture in the canvas, [N, 1, 1, 1] in 0…1, 0 unless it is 28×28; the
        picture in grey, [N, 1, 28, 28] of 0…1; the box [N, 4]; the evidence [N, 5], as of `Ink`.
    """
    height, width = image.shape[1], image.shape[2]
    whole = functional.pad(image[:, :side, :side], [0, 0, 0, side, 0, side])
    grey, hue = grey_and_hue(whole[:, :side, :side].to(like.dtype))
    grey, dark, negative = light_on_dark(grey)
    edges = ink_edges(grey)
    long, off, crowded = place(grey, edges)

    diagonal = 3.0**0.5  # of the cube of colours, from black to white
    contrast = diagonal * ink_level(functional.max_pool2d(grey, 2))
    noise = diagonal * quietest(grey)
    dense = functional.avg_pool2d(grey, 5, 1).amax([2, 3], keepdim=True)
    peak = grey.amax([2, 3], keepdim=True)
    looks = torch.cat([long, off, peak, hue, dark], 1)
    share = all_ramps(looks, [16.0, 1.6, 0.6, 0.02, 0.1], [18.0, 1.0, 0.8, 0.01, 0.2])
    share = share * torch.maximum(visible(contrast, noise), ramp(dense, 0.25, 0.35))
    solid = ramp(grey, 0.2, 0.5)
    stroke = stroke_width(solid) / (long + 1e-3) * 20.0
    exact = torch.cat([long, long, off, stroke], 1)
    exact = all_ramps(exact, [18.5, 20.6, 1.0, 1.6], [19.0, 20.2, 0.8, 2.0])
    share = share * (1.0 - negative * (1.0 - exact))
    other = abs(height - side) + abs(width - side)
    share = share * (1.0 - torch.full_like(like[:1, :1], 1.0) * other).clamp(min=0.0)

    # In one digit's place, a blob is one digit.
    single = torch.maximum(crowded, ramp(dense, 0.96, 0.98))
    others = halves(solid, edges) * (1.0 - single.flatten(1))
    figures = [contrast, noise, stroke, torch.ones_like(noise), others]
    evidence = torch.cat([figure.flatten(1) for figure in figures], 1)
    return share, grey, edges.flip([2]).flatten(1), evidence


def grey_and_hue(colours: Tensor) -> tuple[Tensor, Tensor]:
    """Colours [N, F, F, 3] of 0…255 → grey [N, 1, F, F] of 0…1; how far they are from it, likewise.

    A convolution over each pixel's three numbers: it reads them where they lie. (As a product of
    small matrices it took a third of the time that a canvas takes, and half of it with what
    followed.)
    """
    side = colours.shape[1]
    third = torch.full_like(colours[0, 0, :1], 1.0 / 3.0)
    apart = torch.eye(3, dtype=colours.dtype, device=colours.device) - third
    kernels = (torch.cat([third, apart]) / 255.0).reshape(4, 1, 1, 3)
    mixed = functional.conv2d(colours.reshape(-1, 1, side, side * 3), kernels, stride=[1, 3])
    hue = mixed[:, 1:].abs().mean([1, 2, 3], keepdim=True)
    return mixed[:, :1], hue


def light_on_dark(grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Invert a picture [N, 1, F, F] whose border is light, all around.

    Returns:
        The picture; how much of its border is dark then, and whether it was inverted, both 0…1,
        [N, 1, 1, 1].
    """
    light = ramp(border(grey).mean(2, keepdim=True), 0.85, 0.95).unsqueeze(3)
    grey = grey + light * (1.0 - 2.0 * grey)
    dark = ramp(border(grey), 0.12, 0.04).mean(2, keepdim=True).unsqueeze(3)
    return grey, dark, light


def place(grey: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """How ink lies: the longer side of its box, and how far it is from where MNIST's lies.

    MNIST's has its centre of mass in the middle. Where there is more than a digit, a line through
    it say, that of its box will do, and neither needs to be there exactly.

    Args:
        grey: [N, 1, F, F], the ink of a canvas.
        edges: [N, 2, 2], where it begins and ends, down and across.

    Returns:
        The side and the distance, in pixels, and whether there is more than a digit, 0…1; each
        [N, 1, 1, 1].
    """
    long = (edges[:, 1] - edges[:, 0]).amax(1).reshape(-1, 1, 1, 1)
    crowded = ramp(long, 22.0, 23.0)
    middle = grey.shape[3] / 2
    mass = centre(grey).flatten(1) - 0.25  # MNIST's lies between the middle and half a pixel beyond
    off = (mass - middle).abs()
    boxed = torch.minimum(off, (edges.mean(1) - middle).abs()) - 1.5
    off = (off + (boxed - off) * crowded.flatten(1)).amax(1).reshape(-1, 1, 1, 1)
    return long, off, crowded
