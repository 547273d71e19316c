import pytest
import torch

from digits_models.augment import AUGMENTATIONS, _dilate, augment
from digits_models.data import DATASETS


def canvases(count: int = 64) -> torch.Tensor:
    canvas = torch.zeros(count, 28, 28, dtype=torch.uint8)
    canvas[:, 6:22, 12:14] = 255
    canvas[:, 20:22, 12:20] = 200
    return canvas


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(5)


def test_every_data_set_has_an_augmentation():
    assert AUGMENTATIONS.keys() == DATASETS.keys()


@pytest.mark.parametrize("dataset", AUGMENTATIONS)
def test_images_stay_images_and_change(dataset: str):
    changed = augment(canvases(), dataset, 1.0, generator())
    assert changed.shape == (64, 28, 28)
    assert changed.dtype == torch.float32
    assert changed.min() >= 0
    assert changed.max() <= 255
    assert not torch.equal(changed, canvases().float())
    assert torch.equal(changed, augment(canvases(), dataset, 1.0, generator()))


@pytest.mark.parametrize("dataset", AUGMENTATIONS)
def test_strength_zero_changes_nothing(dataset: str):
    assert torch.equal(augment(canvases(), dataset, 0, generator()), canvases().float())


def test_digits_stay_about_where_and_as_large_as_they_were():
    changed = augment(canvases(512), "mnist", 1.0, generator())
    rows = torch.arange(28.0).view(1, 28, 1)
    ink = changed.sum((1, 2))
    middle = (changed * rows).sum((1, 2)) / ink
    original = (canvases(1) * rows).sum() / canvases(1).sum()
    assert (middle - original).abs().max() < 6
    assert (middle.mean() - original).abs() < 0.5
    assert 0.6 < ink.mean() / canvases(1).sum() < 1.8


def test_half_of_the_clothes_are_mirrored():
    changed = augment(canvases(), "fashion-mnist", 1.0, generator())
    plain = canvases().float()
    apart = [
        ((changed - other).abs().mean((1, 2)) < 12).tolist() for other in (plain, plain.flip(2))
    ]
    assert all(a != b for a, b in zip(*apart, strict=True))
    assert 16 < sum(apart[0]) < 48


def test_dilation_is_a_max_pool():
    images = torch.rand(3, 1, 28, 28, generator=generator())
    pooled = torch.nn.functional.max_pool2d(images, 3, stride=1, padding=1)
    inner = (slice(None), slice(None), slice(1, -1), slice(1, -1))
    assert torch.equal(_dilate(images)[inner], pooled[inner])
