"""Scaling and normalising in the first convolution's weights."""

import numpy as np
import pytest

CONVOLVED = "y = Conv<{}>(x, w, b)"
SHAPES = {"w": (20, 1, 3, 3), "b": (20,)}


@pytest.mark.parametrize("bordered", [False, True])
@pytest.mark.parametrize("attributes", ["group = 1", "strides = [2, 2]", "dilations = [2, 1]"])
def test_it_goes_into_the_weights(bordered, attributes, operators):
    counts = operators(CONVOLVED.format(attributes), bordered=bordered, **SHAPES)
    # The weights times the scale, the bias less the shift: computed once.
    assert counts == {"Cast": 1, "Unsqueeze": 1, "Mul": 1, "Sub": 1, "Conv": 1}


@pytest.mark.parametrize("bordered", [False, True])
@pytest.mark.parametrize(
    "layers",
    [
        CONVOLVED.format("pads = [1, 1, 1, 1]"),  # grey pixels around, not black ones
        CONVOLVED.format('auto_pad = "SAME_UPPER"'),
        "r = Relu(x) y = Conv(r, w, b)",
        "c = Conv(x, w, b) m = ReduceMax(x) y = Add(c, m)",
    ],
)
def test_before_other_layers_it_stays(bordered, layers, operators):
    counts = operators(layers, bordered=bordered, **SHAPES)
    assert (counts["Div"], counts["Sub"], counts["Pad"]) == (2, 1, bordered)


@pytest.mark.parametrize(
    "changed",
    [
        {"mean": np.linspace(0, 1, 12, dtype=np.float32)},
        {"std": np.linspace(1, 2, 12, dtype=np.float32)},
        {"border": np.array([0, 1, 2, 2, 0, 0, 2, 2])},
        {"border": np.array([0, 0, -1, 2, 0, 0, 2, 2])},
    ],
    ids=["mean", "std", "channels", "cut"],
)
def test_other_numbers_for_each_pixel_and_other_borders_stay(changed, operators):
    bordered = "border" in changed
    channels = 2 if changed.get("border", [0, 0])[1] else 1
    shapes = {"w": (20, channels, 3, 3), "b": (20,)}
    counts = operators(CONVOLVED.format("group = 1"), bordered=bordered, changed=changed, **shapes)
    assert (counts["Div"], counts["Sub"], counts["Pad"]) == (2, 1, bordered)
