"""The torch script that answers for one image: `ARCH FILE`."""

import sys

import numpy as np
import torch
from PIL import Image

from digits_export.bench.network import network


def main(arch: str, file: str) -> None:
    """Open the network, read the image, print its label."""
    module = network("eager", arch)
    canvas = np.array(Image.open(file).convert("L").resize((28, 28)))
    with torch.inference_mode():
        _, probabilities = module(torch.from_numpy(canvas)[None])
    print(int(probabilities.argmax()))


if __name__ == "__main__":
    main(*sys.argv[1:])
