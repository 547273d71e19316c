"""Damage: what each way does, and that a digit stays one."""

import pytest
import torch
from torch import Generator, Tensor

from digits_models.renditions import damage, edges, marks, optics, placing

pytestmark = pytest.mark.usefixtures("one_thread")


def seeded(seed: int = 3) -> Generator:
    return Generator().manual_seed(seed)


def bars(count: int = 64) -> Tensor:
    """Ink of an upright bar with a foot, float [N, 1, 28, 28]."""
    ink = torch.zeros(count, 1, 28, 28)
    ink[:, :, 4:24, 12:15] = 1
    ink[:, :, 21:24, 12:22] = 0.8
    return ink


def middles(ink: Tensor) -> Tensor:
    """Centres of mass, down and across, [N, 2]."""
    order = torch.arange(28.0)
    mass = ink.sum((1, 2, 3))
    return torch.stack([(ink.sum((1, axis)) @ order) / mass for axis in (3, 2)], 1)


@pytest.mark.parametrize("way", damage.DAMAGES, ids=lambda way: way.__name__)
def test_damage_changes_an_image_but_keeps_it_one(way: damage.Damage) -> None:
    ink = bars()
    changed = way(ink.clone(), seeded()).clamp(0, 1)
    assert changed.shape == ink.shape
    assert changed.isfinite().all()
    assert 0.002 < float((changed - ink).abs().mean()) < 0.5
    assert torch.equal(changed, way(ink.clone(), seeded()).clamp(0, 1))


@pytest.mark.parametrize("way", damage.DAMAGES, ids=lambda way: way.__name__)
def test_an_empty_canvas_can_be_damaged(way: damage.Damage) -> None:
    ink = bars(3)
    ink[1] = 0
    changed = way(ink, seeded()).clamp(0, 1)
    assert changed.isfinite().all()


def test_damage_leaves_its_input_alone() -> None:
    ink = bars()
    changed = damage.damage(ink, seeded())
    assert torch.equal(ink, bars())
    assert changed.min() >= 0
    assert changed.max() <= 1
    assert ((changed - ink).abs().amax((1, 2, 3)) > 0.02).float().mean() > 0.85
    assert damage.damage(bars(0), seeded()).shape == (0, 1, 28, 28)


def test_a_shift_moves_the_whole_digit_by_up_to_six_pixels_and_nothing_else() -> None:
    ink = bars(500)
    moved = placing.shift(ink, seeded())
    way = middles(moved) - middles(ink)
    assert way.abs().max() < 7.1
    assert (way.abs() > 3).float().mean() > 0.4
    whole = [moved[i, 0] for i in range(500) if (way[i] - way[i].round()).abs().max() < 1e-4]
    assert 150 < len(whole) < 350
    rolls = {
        (down, across): ink[0, 0].roll((down, across), (0, 1))
        for down in range(-4, 5)
        for across in range(-5, 6)
    }
    assert sum(any(torch.equal(one, roll) for roll in rolls.values()) for one in whole) > 60


def test_squeezing_presses_one_side_to_as_little_as_a_third() -> None:
    ink = torch.zeros(300, 1, 28, 28)
    ink[:, :, 4:24, 4:24] = 1
    pressed = placing.squeeze(ink, seeded()) > 0.5
    high, wide = (pressed.any(axis).sum(2).flatten() for axis in (3, 2))
    assert torch.maximum(high, wide).min() == 20
    assert torch.minimum(high, wide).min() <= 8
    assert (high < wide).float().mean() == pytest.approx(0.65, abs=0.1)


def test_ridges_are_one_pixel_wide_and_on_both_sides_of_a_stroke() -> None:
    ink = torch.zeros(40, 1, 28, 28)
    ink[:, :, 4:24, 10:16] = 1
    edge = edges.ridges(ink, seeded()) > 0
    across = edge[:, 0, 14]
    assert torch.equal(across.sum(1), torch.full((40,), 2))
    places = across.nonzero()[:, 1].view(40, 2)
    assert places[:, 0].sub(9).abs().max() <= 1
    assert places[:, 1].sub(16).abs().max() <= 1


def test_outlines_are_hollow() -> None:
    ink = torch.zeros(40, 1, 28, 28)
    ink[:, :, 4:24, 8:20] = 1
    drawn = edges.outline(ink, seeded())
    assert drawn[:, 0, 8:20, 11:17].max() == 0
    assert drawn.amax((1, 2, 3)).min() > 0.3


def test_lines_cross_the_canvas_and_differ() -> None:
    drawn = marks.lines(torch.zeros(400, 1, 28, 28), seeded())
    width = (drawn > 0.2).any(2).sum(2).flatten()
    assert (width > 20).float().mean() > 0.35
    heights = (drawn > 0.2).any(3).sum(2).flatten().float()
    assert heights.std() > 5
    assert drawn.max() == 1
    assert 0.02 < drawn.mean() < 0.15


def test_some_lines_erase() -> None:
    drawn = marks.lines(torch.ones(400, 1, 28, 28), seeded())
    erased = (drawn < 0.5).flatten(1).any(1).float().mean()
    assert 0.08 < erased < 0.3


def test_bands_are_inverted_upright_across_and_aslant() -> None:
    ink = bars(400)
    drawn = marks.bands(ink, seeded())
    inside = (drawn - ink).abs() > 0.1
    assert inside.flatten(1).any(1).float().mean() > 0.95
    upright = (inside == inside[:, :, :1]).flatten(1).all(1)
    across = (inside == inside[:, :, :, :1]).flatten(1).all(1)
    assert 0.3 < upright.float().mean() < 0.65
    assert 0.15 < across.float().mean() < 0.55
    assert (~upright & ~across).float().mean() > 0.1


def test_blur_keeps_the_mass_of_what_is_far_from_the_frame() -> None:
    ink = torch.zeros(200, 1, 28, 28)
    ink[:, :, 12:16, 12:16] = 1
    soft = optics.blur(ink, seeded())
    assert torch.allclose(soft.sum((1, 2, 3)), torch.full((200,), 16.0), atol=0.05)
    assert soft.amax((1, 2, 3)).min() < 0.6
    # Some along one axis alone.
    down, across = soft[:, 0, :, 13:15].mean(2), soft[:, 0, 13:15].mean(1)
    assert ((down - across).abs().amax(1) > 0.1).float().mean() > 0.1


def test_glass_displaces_by_three_pixels_at_most() -> None:
    ink = torch.zeros(100, 1, 28, 28)
    ink[:, :, :, 14:] = 1
    drawn = optics.glass(ink, seeded())
    assert drawn[:, :, :, :8].max() < 0.05
    assert drawn[:, :, 4:24, 20:24].min() > 0.95
    assert (drawn - ink).abs().amax((1, 2, 3)).min() > 0.1


@pytest.mark.parametrize("step", [0.4, 1.0, 1.3, 2.6])
def test_reading_keeps_levels_inside_and_finds_nothing_beyond(step: float) -> None:
    steps = torch.full((2, 1, 1, 1), step)
    middle = 14 - 20 * steps
    seen = placing.read(torch.ones(2, 1, 28, 28), (middle, middle), (steps, steps), (40, 40))
    half = int(14 / step) - 2
    inside = seen[:, :, 20 - min(half, 20) : 20 + half, 20 - min(half, 20) : 20 + half]
    assert torch.allclose(inside, torch.ones_like(inside), atol=1e-5)
    if half < 16:
        assert seen[:, :, 0].max() == 0
