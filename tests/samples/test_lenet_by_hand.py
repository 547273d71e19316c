"""LeNet in plain numpy agrees with torch, layer by layer and as a whole."""

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch.nn import functional

from digits_models import registry, weights

SCRIPT = Path(__file__).parents[2] / "samples" / "lenet_by_hand.py"
GENERATOR = np.random.default_rng(5)
CANVASES = GENERATOR.integers(0, 256, (3, 28, 28), dtype=np.uint8)


@pytest.fixture(scope="module")
def hand() -> ModuleType:
    spec = importlib.util.spec_from_file_location("lenet_by_hand", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", params=["shipped", "random"])
def network(request: pytest.FixtureRequest) -> Iterator[torch.nn.Module]:
    if request.param == "shipped":
        return weights.load("lenet").network
    torch.manual_seed(1)
    return registry.get("lenet").build().eval()


@pytest.mark.parametrize("convolution", ["convolve_by_loops", "convolve_by_windows"])
def test_logits_are_those_of_torch(
    hand: ModuleType, network: torch.nn.Module, convolution: str
) -> None:
    tensors = {name: value.numpy() for name, value in network.state_dict().items()}
    with torch.inference_mode():
        prepared = registry.get("lenet").prepare()(torch.from_numpy(CANVASES))
        expected = network(prepared).numpy()
    found = hand.by_hand(tensors, getattr(hand, convolution))(CANVASES)
    assert found.dtype == np.float32
    assert np.ptp(expected) > 0.05
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


@pytest.mark.parametrize("convolution", ["convolve_by_loops", "convolve_by_windows"])
def test_convolution_is_that_of_torch(hand: ModuleType, convolution: str) -> None:
    x = GENERATOR.normal(size=(3, 9, 7)).astype(np.float32)
    weight = GENERATOR.normal(size=(4, 3, 5, 5)).astype(np.float32)
    bias = GENERATOR.normal(size=4).astype(np.float32)
    expected = functional.conv2d(*map(torch.from_numpy, (x, weight, bias))).numpy()
    assert expected.shape == (4, 5, 3)
    np.testing.assert_allclose(getattr(hand, convolution)(x, weight, bias), expected, atol=1e-4)


def test_pooling_of_a_worked_example(hand: ModuleType) -> None:
    x = np.array([[[1, 2, 5, 0], [3, 4, 1, 2]]], np.float32)
    assert hand.max_pool(x).tolist() == [[[4, 5]]]
    assert hand.average_pool(x).tolist() == [[[2.5, 2]]]


def test_what_is_not_installed_is_one_line(
    hand: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(hand.extras, "find_spec", lambda name: None if name == "torch" else name)
    monkeypatch.setattr(sys, "argv", ["lenet_by_hand.py"])
    with pytest.raises(SystemExit) as ended:
        hand.main()
    assert ended.value.code == 3
    message = capsys.readouterr().err
    assert message.startswith("lenet_by_hand.py: error: this needs torch, ")
    assert message.endswith("pip install 'digits-edge[export]'\n")


def test_program_finds_all_engines_equal() -> None:
    command = [sys.executable, "-W", "error", SCRIPT, "--runs", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    rows = [line for line in done.stdout.splitlines() if " ms " in line]
    engines = [line[:16].strip() for line in rows]
    assert engines == ["numpy, loops", "numpy, windows", "torch", "TorchScript", "ONNX Runtime"]
    assert all(float(line[16:32]) < 1e-4 for line in rows)
    assert {line.partition(" ms ")[2].strip() for line in rows} == {"2 3 5 7 9"}
