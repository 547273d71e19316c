"""A convolution that covers its input, as a matrix product."""

import pytest

FLAT = "shape = Constant<value_ints = [-1, 20]>() y = Reshape({}, shape)"


@pytest.mark.parametrize("activation", ["", "Relu", "Sigmoid", "Tanh"])
def test_it_becomes_a_product(activation, operators):
    layers = "c = Conv(x, w, b)"
    layers += f" r = {activation}(c) {FLAT.format('r')}" if activation else FLAT.format("c")
    counts = operators(layers, w=(20, 1, 12, 12), b=(20,))
    assert (counts["Conv"], counts["Gemm"]) == (0, 1)


@pytest.mark.parametrize(
    ("layers", "shape"),
    [
        ("c = Conv(x, w, b)" + FLAT.format("c"), (5, 1, 11, 11)),
        ("c = Conv<pads = [1, 1, 0, 0]>(x, w, b)" + FLAT.format("c"), (5, 1, 12, 12)),
        ("y = Conv(x, w, b)", (20, 1, 12, 12)),
        ("c = Conv(x, w, b) r = LeakyRelu(c)" + FLAT.format("r"), (20, 1, 12, 12)),
    ],
)
def test_what_does_not_cover_or_is_not_flattened_stays(layers, shape, operators):
    counts = operators(layers, w=shape, b=shape[:1])
    assert (counts["Conv"], counts["Gemm"]) == (1, 0)
