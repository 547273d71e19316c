"""Canvases without a digit, or with more than one."""

import pytest
import torch
from torch import Generator, Tensor

from digits_models.renditions import foreign, scribbles, several, shapes

pytestmark = pytest.mark.usefixtures("one_thread")


def seeded(seed: int = 3) -> Generator:
    return Generator().manual_seed(seed)


def bars(count: int = 20) -> Tensor:
    """Upright bars, uint8 [N, 28, 28], as ones are."""
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    images[:, 4:24, 12:15] = 255
    return images


def runs(row: Tensor) -> int:
    """How many stretches of ink a row has."""
    ink = (row > 0.3).int()
    return int((ink.diff(prepend=ink.new_zeros(1)) == 1).sum())


@pytest.mark.parametrize("maker", [maker for maker, _ in foreign.KINDS], ids=lambda m: m.__name__)
@pytest.mark.parametrize("side", [28, 56])
def test_canvases_of_all_kinds_have_ink(maker: foreign.Maker, side: int) -> None:
    canvases = maker(50, bars(), seeded(), side)
    assert canvases.shape == (50, 1, side, side)
    assert canvases.isfinite().all()
    assert canvases.min() >= 0
    assert canvases.max() <= 1
    assert (canvases.amax((1, 2, 3)) > 0.3).float().mean() > 0.8
    assert torch.equal(canvases, maker(50, bars(), seeded(), side))
    assert maker(0, bars(), seeded(), side).shape == (0, 1, side, side)


def test_they_are_as_many_as_asked_in_their_shares() -> None:
    assert foreign.make(123, bars(), seeded()).shape == (123, 1, 28, 28)
    assert foreign.make(7, bars(), seeded(), 56).shape == (7, 1, 56, 56)
    assert sum(share for _, share in foreign.KINDS) == pytest.approx(1)


def test_digits_apart_have_a_gap_and_touching_ones_have_none() -> None:
    ones = bars()

    def gaps(maker: foreign.Maker) -> float:
        """The part of canvases of two in whose row of most stretches there are two and more."""
        canvases = maker(200, ones, seeded(), 56)[:130, 0]
        most = [max(runs(row) for row in canvas) for canvas in canvases]
        return sum(count > 1 for count in most) / len(most)

    assert gaps(several.apart) > 0.8
    assert gaps(several.touching) < 0.35


def test_several_digits_are_together_as_large_as_one() -> None:
    for maker in (several.apart, several.touching):
        ink = maker(300, bars(), seeded(), 56) > 0.35
        high, wide = (ink.any(axis).sum(2).flatten() for axis in (3, 2))
        longest = torch.maximum(high, wide)
        assert longest.min() >= 28
        assert longest.max() <= 44


def test_two_touching_digits_are_more_than_one() -> None:
    canvases = several.touching(200, bars(), seeded(), 56)[:130]
    ink = (canvases > 0.35).sum((1, 2, 3)) / (canvases > 0.35).any(3).sum((1, 2))
    assert ink.min() > 0
    strip = several._joined(
        several._tiles(50, 2, bars(), seeded()), (-2.0, 0.0), seeded(), bridged=False
    )
    one = several._tiles(50, 1, bars(), seeded()).sum((1, 2, 3))
    assert strip.sum((1, 2)).mean() > 1.5 * one.mean()


def test_a_bridge_joins_what_is_apart() -> None:
    tiles = several._tiles(60, 2, bars(), seeded())
    loose = several._joined(tiles, (3.0, 6.0), seeded(), bridged=False)
    joined = several._joined(tiles, (3.0, 6.0), seeded(), bridged=True)
    inked = (joined > 0.5).any(1)
    assert all(runs(row.float()) == 1 for row in inked)
    assert all(runs(row.float()) == 2 for row in (loose > 0.35).any(1))


def test_a_third_of_the_shapes_are_filled() -> None:
    drawn = shapes.drawn(90, seeded(), 28)
    middle = drawn[:, 0, 12:16, 12:16].mean((1, 2))
    assert (middle[60:] > 0.9).float().mean() > 0.8
    assert (middle[:60] > 0.9).float().mean() < 0.3
    assert drawn[:, :, 0].max() == 0  # nothing strays to the frame


@pytest.mark.parametrize("style", scribbles.STYLES, ids=lambda style: style.__name__)
def test_scribbles_are_lines_that_differ(style: scribbles.Style) -> None:
    generator = seeded()
    first, second = style(generator), style(generator)
    for lines in (first, second):
        assert all(line.shape[1] == 2 and len(line) >= 2 for line in lines)
        assert sum(len(line) for line in lines) > 4
    assert first[0].shape != second[0].shape or not torch.equal(first[0], second[0])
