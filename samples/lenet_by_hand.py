"""LeNet in plain numpy: the layers written out, the same logits, and what each engine costs.

`python samples/lenet_by_hand.py [IMAGE...] [--runs N]`. The arithmetic needs numpy and the shipped
weights; the runtime finds the digits in the images, torch and ONNX Runtime are compared with.
"""

import argparse
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import digits
from digits import DigitsError, extras

Floats = NDArray[np.float32]
Convolution = Callable[[Floats, Floats, Floats], Floats]
Engine = Callable[[NDArray[np.uint8]], Floats]

IMAGES = Path(__file__).parent / "images"
MNIST_MEAN, MNIST_STD = np.float32(0.1307), np.float32(0.3081)
WARM_UP = 5


def convolve_by_loops(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """Slide each filter over the image: one sum of products per output value.

    Args:
        x: The image, [channels, height, width].
        weight: The filters, [filters, channels, side, side].
        bias: One number per filter, [filters].

    Returns:
        [filters, height - side + 1, width - side + 1]. As in torch, the filters are not flipped.
    """
    filters, _, side, _ = weight.shape
    height, width = x.shape[1] - side + 1, x.shape[2] - side + 1
    y = np.empty((filters, height, width), np.float32)
    for f in range(filters):
        for row in range(height):
            for column in range(width):
                patch = x[:, row : row + side, column : column + side]
                y[f, row, column] = (patch * weight[f]).sum() + bias[f]
    return y


def convolve_by_windows(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """The same as one matrix product: every patch a row, every filter a column (im2col)."""
    filters, _, side, _ = weight.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (side, side), axis=(1, 2))
    height, width = windows.shape[1:3]
    patches = windows.transpose(1, 2, 0, 3, 4).reshape(height * width, -1)
    y = patches @ weight.reshape(filters, -1).T + bias
    return y.T.reshape(filters, height, width)


def blocks(x: Floats) -> Floats:
    """Cut [channels, height, width] into 2×2 blocks: [channels, height / 2, width / 2, 4]."""
    channels, height, width = x.shape
    cut = x.reshape(channels, height // 2, 2, width // 2, 2)
    return cut.transpose(0, 1, 3, 2, 4).reshape(channels, height // 2, width // 2, 4)


def max_pool(x: Floats) -> Floats:
    """The largest of each 2×2 block."""
    return np.asarray(blocks(x).max(axis=-1))


def average_pool(x: Floats) -> Floats:
    """The mean of each 2×2 block."""
    return np.asarray(blocks(x).mean(axis=-1))


def dense(x: Floats, weight: Floats, bias: Floats) -> Floats:
    """One weighted sum of all inputs per output."""
    return weight @ x + bias


def relu(x: Floats) -> Floats:
    """Negative values become 0."""
    return np.maximum(x, 0)


def lenet(
    canvas: NDArray[np.uint8],
    weights: Mapping[str, Floats],
    convolve: Convolution = convolve_by_windows,
) -> Floats:
    """From a canvas to its ten logits.

    Args:
        canvas: Light ink on black, uint8 [28, 28].
        weights: The tensors of the shipped lenet.safetensors, by name.
        convolve: One of the two convolutions.
    """

    def layer(name: str) -> tuple[Floats, Floats]:
        return weights[f"{name}.weight"], weights[f"{name}.bias"]

    x: Floats = np.pad(canvas.astype(np.float32), 2)[None]
    x = (x / np.float32(255) - MNIST_MEAN) / MNIST_STD
    x = max_pool(relu(convolve(x, *layer("body.conv1"))))
    x = average_pool(relu(convolve(x, *layer("body.conv2"))))
    x = relu(convolve(x, *layer("body.conv3"))).ravel()
    x = relu(dense(x, *layer("body.hidden")))
    return dense(x, *layer("head"))


def by_hand(weights: Mapping[str, Floats], convolve: Convolution) -> Engine:
    """Our own engine: canvases uint8 [N, 28, 28] → logits [N, 10], one after the other."""
    return lambda canvases: np.stack([lenet(canvas, weights, convolve) for canvas in canvases])


def torch_engines(file: Path) -> dict[str, Engine]:
    """The network in torch as it is, and scripted and frozen; on one thread."""
    import torch

    from digits_models import weights
    from digits_models.classifier import CanvasClassifier

    torch.set_num_threads(1)
    trained = weights.load("lenet", file)
    model = CanvasClassifier(trained.architecture.prepare(), trained.network).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit warns of its own deprecation
        scripted = torch.jit.freeze(torch.jit.script(model))

    def run(network: torch.nn.Module, canvases: NDArray[np.uint8]) -> Floats:
        with torch.inference_mode():
            return np.asarray(network(torch.from_numpy(canvases))[0])

    return {"torch": partial(run, model), "TorchScript": partial(run, scripted)}


def onnx_engine(bundle: Path) -> dict[str, Engine]:
    """The shipped export in ONNX Runtime; on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        bundle / "model.onnx", options, providers=["CPUExecutionProvider"]
    )
    return {"ONNX Runtime": lambda canvases: session.run(["logits"], {"canvas": canvases})[0]}


def milliseconds(engine: Engine, canvas: NDArray[np.uint8], runs: int) -> float:
    """Median wall time of one canvas, after a warm-up."""
    for _ in range(WARM_UP):
        engine(canvas)
    times = []
    for _ in range(runs):
        start = time.perf_counter()
        engine(canvas)
        times.append(time.perf_counter() - start)
    return 1e3 * statistics.median(times)


def compare(engines: Mapping[str, Engine], canvases: NDArray[np.uint8], runs: int) -> None:
    """Print how far each engine's logits are from the first one's, and what one canvas costs."""
    reference = next(iter(engines.values()))(canvases)
    print(f"{'engine':<16}{'max difference':>16}{'one canvas':>14}   labels")
    for name, engine in engines.items():
        logits = engine(canvases)
        difference = np.abs(logits - reference).max()
        cost = milliseconds(engine, canvases[:1], runs)
        labels = " ".join(map(str, logits.argmax(axis=1)))
        print(f"{name:<16}{difference:>16.1e}{cost:>11.3f} ms   {labels}")


def main() -> None:
    parser = argparse.ArgumentParser(description="LeNet in plain numpy, against the engines")
    parser.add_argument("images", nargs="*", type=Path, metavar="IMAGE", help="else chalk digits")
    parser.add_argument("--runs", type=int, default=50, metavar="N", help="default: %(default)s")
    arguments = parser.parse_args()
    try:
        report(arguments.images or sorted(IMAGES.glob("*-chalk-board.jpg")), arguments.runs)
    except DigitsError as error:
        print(f"{parser.prog}: error: {error}", file=sys.stderr)
        sys.exit(error.exit_code)


def report(files: Sequence[Path], runs: int) -> None:
    """Read the canvases of images, and compare all engines on them."""
    extras.need("export")
    from safetensors.numpy import load_file

    import digits_models

    reader = digits.Classifier.load("lenet", provider="cpu")
    canvases = np.stack([prediction.canvas for prediction in reader.predict_many(files)])
    file = Path(digits_models.__file__).parent / "weights" / "lenet.safetensors"
    weights = load_file(file)
    engines = {
        "numpy, loops": by_hand(weights, convolve_by_loops),
        "numpy, windows": by_hand(weights, convolve_by_windows),
        **torch_engines(file),
        **onnx_engine(Path(digits.__file__).parent / "bundles" / "lenet"),
    }
    print(f"{len(canvases)} canvases, one thread, median of {runs} runs")
    compare(engines, canvases, runs)


if __name__ == "__main__":
    main()
