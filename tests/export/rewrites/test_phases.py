"""A convolution of few channels and its pooling, in phases."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from digits_export.rewrites.phases import gathered, pays, repeated, spread

CONVOLVED = "c = Conv<{}>(x, w, b)"
PLAIN = CONVOLVED.format("group = 1")
POOLED = "y = {}<kernel_shape = [2, 2], strides = [2, 2]>({})"


@pytest.mark.parametrize("activation", ["", "Relu", "Sigmoid", "Tanh"])
@pytest.mark.parametrize("pool", ["MaxPool", "AveragePool"])
def test_it_computes_the_same_with_every_activation_and_pooling(activation, pool, operators):
    layers = CONVOLVED.format("pads = [2, 2, 2, 2]")
    if activation:
        layers += f" r = {activation}(c)"
    layers += POOLED.format(pool, "r" if activation else "c")
    counts = operators(layers, w=(6, 1, 5, 5), b=(6,))
    assert (counts["Conv"], counts[pool], counts["Reshape"]) == (1, 1, 2)


@pytest.mark.parametrize("kernel", [(3, 3), (4, 4), (3, 5), (4, 3)])
@pytest.mark.parametrize("pads", [[0, 0, 0, 0], [1, 0, 0, 2]])
@pytest.mark.parametrize("bordered", [False, True])
def test_odd_sizes_lose_their_last_row_as_in_a_pooling(kernel, pads, bordered, operators):
    layers = CONVOLVED.format(f"pads = {pads}") + POOLED.format("MaxPool", "c")
    assert operators(layers, bordered=bordered, w=(3, 1, *kernel), b=(3,))["Reshape"] == 2


POOL = POOLED.format("MaxPool", "c")


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        (PLAIN + POOL, (16, 1, 5, 5)),
        (CONVOLVED.format("strides = [2, 2]") + POOL, (6, 1, 5, 5)),
        (CONVOLVED.format("dilations = [2, 2]") + POOL, (6, 1, 5, 5)),
        (CONVOLVED.format('auto_pad = "SAME_UPPER"') + POOL, (6, 1, 5, 5)),
        (PLAIN + POOL.replace("2, 2", "3, 3"), (6, 1, 5, 5)),
        (
            PLAIN + POOL.replace("strides = [2, 2]", "strides = [1, 1]"),
            (6, 1, 5, 5),
        ),
        (
            PLAIN + POOL.replace("]>", "], pads = [1, 1, 1, 1]>"),
            (6, 1, 5, 5),
        ),
        (
            PLAIN + POOL.replace("]>", "], dilations = [2, 2]>"),
            (6, 1, 5, 5),
        ),
        (PLAIN + POOL.replace("]>", "], ceil_mode = 1>"), (6, 1, 4, 4)),
        (
            PLAIN + " r = LeakyRelu(c)" + POOLED.format("MaxPool", "r"),
            (6, 1, 5, 5),
        ),
    ],
)
def test_what_is_otherwise_or_gains_nothing_stays(layers, shape, operators):
    assert operators(layers, w=shape, b=shape[:1])["Reshape"] == 0


def test_what_others_read_stays(operators):
    layers = PLAIN + "p = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(c)"
    layers += "m = ReduceMax(c) y = Add(p, m)"
    assert operators(layers, w=(6, 1, 5, 5), b=(6,))["Reshape"] == 0


@pytest.mark.parametrize(
    ("shape", "gains"),
    [
        ((6, 1, 5, 5), True),  # lenet: 2 · 16 · 36 products for four pixels, not 4 · 16 · 25
        ((8, 1, 5, 5), True),
        ((9, 1, 5, 5), False),
        ((16, 6, 5, 5), False),
        ((4, 3, 3, 3), True),
        ((4, 3, 1, 1), False),
    ],
)
def test_it_pays_where_blocks_of_sixteen_are_filled_better(shape, gains):
    assert pays(shape) is gains


def test_spread_kernels_give_the_same_numbers_in_another_order():
    torch.manual_seed(0)
    x, kernels, bias = torch.randn(2, 3, 9, 11), torch.randn(5, 3, 4, 2), torch.randn(5)
    plain = functional.conv2d(x.double(), kernels.double(), bias.double())
    moved = torch.from_numpy(spread(kernels.numpy())).double()
    tiled = torch.from_numpy(repeated(bias.numpy())).double()
    phases = gathered(functional.conv2d(x.double(), moved, tiled, stride=2).numpy())
    assert phases.shape == (2, 5, 6, 10)
    assert np.abs(phases - plain.numpy()).max() < 1e-12
