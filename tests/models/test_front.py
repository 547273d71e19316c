"""What every front end promises, whatever it does inside."""

import copy

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from digits.errors import UsageError
from digits_models import registry
from digits_models.front import FRONT_ENDS, FrontEnd, build_front, evidence_names

SIZES = [(1, 1), (1, 40), (60, 1), (2, 3), (28, 28), (57, 31), (280, 280), (30, 900), (1500, 2000)]
NAMES = ("canvas", "clean", "box", "evidence")

pytestmark = pytest.mark.usefixtures("one_thread")


def scene(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A lit page with a thick ring on it, uint8 [height, width, 3]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width] + 0.5
    side = min(height, width)
    across, down = x - width * rng.uniform(0.4, 0.6), y - height * rng.uniform(0.4, 0.6)
    radius = side * rng.uniform(0.2, 0.3)
    ring = np.clip(side * 0.05 + 0.5 - abs(np.hypot(across, 0.8 * down) - radius), 0, 1)
    light = 200 + 30 * x / width
    page = light[..., None] * [1, 0.97, 0.9] * (1 - ring[..., None] * [0.8, 0.7, 0.3])
    return np.rint(page).astype(np.uint8)


def images(*scenes: np.ndarray) -> Tensor:
    return torch.from_numpy(np.stack(scenes))


def apart(first: tuple[Tensor, ...], second: tuple[Tensor, ...]) -> dict[str, float]:
    """The largest difference of each output."""
    pairs = zip(NAMES, first, second, strict=True)
    return {name: (a.double() - b.double()).abs().max().item() for name, a, b in pairs}


@pytest.fixture(params=FRONT_ENDS)
def front(request: pytest.FixtureRequest) -> nn.Module:
    return build_front(request.param).requires_grad_(False)


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_shapes_types_and_ranges(front: nn.Module, height: int, width: int) -> None:
    canvas, clean, box, evidence = front(images(scene(height, width)))
    assert (tuple(canvas.shape), canvas.dtype) == ((1, 28, 28), torch.uint8)
    assert (clean.ndim, clean.dtype) == (3, torch.uint8)
    assert (tuple(box.shape), box.dtype) == ((1, 4), torch.float32)
    assert (tuple(evidence.shape), evidence.dtype) == (
        (1, len(evidence_names(front))),
        torch.float32,
    )
    left, top, right, bottom = box[0].tolist()
    assert 0 <= left < right <= width
    assert 0 <= top < bottom <= height
    assert evidence.isfinite().all()
    assert (evidence >= 0).all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (28, 28), (300, 200)])
def test_any_pixels_give_finite_figures(front: nn.Module, height: int, width: int) -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(0, 256, (4, height, width, 3), dtype=np.uint8)
    noise[2], noise[3] = 0, 255
    _, _, box, evidence = front(torch.from_numpy(noise))
    assert box.isfinite().all()
    assert evidence.isfinite().all()


@pytest.mark.parametrize(("height", "width"), [(1, 1), (28, 28), (120, 200)])
def test_a_batch_is_its_images_one_by_one(front: nn.Module, height: int, width: int) -> None:
    batch = images(*(scene(height, width, seed) for seed in range(5)))
    singles = [front(image[None]) for image in batch]
    joined = tuple(torch.cat(parts) for parts in zip(*singles, strict=True))
    different = apart(front(batch), joined)
    assert different["canvas"] <= 1
    assert different["clean"] <= 1
    assert different["box"] < 1e-2
    assert different["evidence"] < 1e-3


def test_scripted_equals_eager(front: nn.Module) -> None:
    scripted = torch.jit.script(front)
    for height, width in SIZES[:-1]:
        image = images(scene(height, width))
        different = apart(scripted(image), front(image))
        assert different["canvas"] <= 1, (height, width)
        assert different["clean"] <= 1, (height, width)
        assert different["box"] < 1e-2, (height, width)
        assert different["evidence"] < 1e-3, (height, width)


def test_float32_is_close_to_float64(front: nn.Module) -> None:
    truth = copy.deepcopy(front).double()
    for height, width in SIZES:
        image = images(scene(height, width))
        exact = truth(image)
        assert (exact[2].dtype, exact[3].dtype) == (torch.float64, torch.float64)
        different = apart(front(image), exact)
        assert different["canvas"] <= 1, (height, width)
        assert different["clean"] <= 1, (height, width)
        assert different["box"] < 1e-3 * max(height, width), (height, width)
        assert different["evidence"] < 1e-3, (height, width)


def test_it_is_a_front_end_in_evaluation_mode(front: nn.Module) -> None:
    assert isinstance(front, FrontEnd)
    assert not front.training
    assert evidence_names(front)[0] == "contrast"


def test_an_unknown_front_end_lists_the_known() -> None:
    with pytest.raises(UsageError, match="unknown front end 'eye': known are ink, photo"):
        build_front("eye")


@pytest.mark.parametrize("name", registry.names())
def test_every_architecture_names_a_front_end(name: str) -> None:
    assert registry.get(name).front in FRONT_ENDS
