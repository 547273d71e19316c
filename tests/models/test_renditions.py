"""Training images drawn anew: still readable where they should be, and nothing where not."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Generator, Tensor

from digits_models.front import build_front
from digits_models.renditions import letters, numerals, pages, pool, strokes
from digits_models.splits import Part

pytestmark = pytest.mark.usefixtures("one_thread")


def seeded(seed: int = 3) -> Generator:
    return Generator().manual_seed(seed)


def bars(count: int = 64) -> Tensor:
    """Ink of an upright bar with a foot, float [N, 1, 28, 28]."""
    ink = torch.zeros(count, 1, 28, 28)
    ink[:, :, 4:24, 12:15] = 1
    ink[:, :, 21:24, 12:22] = 0.8
    return ink


def digits(count: int = 40) -> Part:
    return Part((bars(count).squeeze(1) * 255).to(torch.uint8), torch.arange(count) % 10)


def test_a_curve_goes_through_its_points() -> None:
    points = torch.tensor([[0.0, 0.0], [10.0, 5.0], [3.0, 20.0], [8.0, 30.0]])
    curve = strokes.smooth(points)
    assert curve.shape == (16, 2)
    assert torch.allclose(curve[::5], points, atol=1e-5)


def test_a_pen_is_as_wide_as_asked_and_only_where_it_was_drawn() -> None:
    line = torch.tensor([[[6.0, 14.0, 22.0, 14.0]]])
    for width in (1.0, 2.0, 4.0):
        ink = strokes.ink(line, torch.tensor([width]), 28)
        assert ink.shape == (1, 1, 28, 28)
        assert float(ink[0, 0, :, 14].sum()) == pytest.approx(width, abs=0.3)
        assert ink[0, 0, :8].max() == 0
        assert ink[0, 0, :, :3].max() == 0


def test_what_a_line_encloses_is_filled_however_many_segments_fill_the_batch() -> None:
    square = torch.tensor([[6.0, 8.0], [20.0, 8.0], [20.0, 18.0], [6.0, 18.0], [6.0, 8.0]])
    both = strokes.stack([strokes.segments([square]), strokes.segments([square] * 3)])
    filled = strokes.fill(both, 28)
    assert filled.shape == (2, 1, 28, 28)
    assert filled[0].sum() == 14 * 10
    assert filled[0, 0, 8:18, 6:20].min() == 1
    # Three times around is inside, too: an odd number of lines lies beside.
    assert torch.equal(filled[0], filled[1])


def test_drawings_keep_their_places_and_their_size() -> None:
    bar, cross = (
        [torch.tensor([[0.0, 0.0], [0.0, 9.0]])],
        letters.polylines(letters.SHAPES["X"], 0.0, seeded()),
    )
    for side in (28, 56):
        ink = strokes.drawn([cross, bar, cross], seeded(), side)
        assert ink.shape == (3, 1, side, side)
        mass = ink.sum((1, 2, 3)) / (side / 28) ** 2
        assert mass[1] < 0.75 * min(mass[0], mass[2])
        rows = (ink > 0.5).any(3).sum(2).flatten() / (side / 28)
        assert rows.min() > 14
        assert rows.max() < 24


def test_a_drawing_is_scaled_to_its_frame() -> None:
    lines = torch.rand(5, 7, 4, generator=seeded()) * 300
    framed = strokes.framed(lines, 18.0, torch.full((5, 2), 14.0)).reshape(5, -1, 2)
    assert torch.allclose((framed.amax(1) - framed.amin(1)).amax(1), torch.tensor(18.0), atol=1e-3)
    assert torch.allclose(0.5 * (framed.amax(1) + framed.amin(1)), torch.tensor(14.0), atol=1e-3)


@pytest.mark.parametrize("name", letters.SHAPES)
def test_letters_have_strokes_of_two_points_and_more(name: str) -> None:
    lines = letters.polylines(letters.SHAPES[name], 0.0, seeded())
    assert lines
    assert all(line.shape[1] == 2 and len(line) >= 2 for line in lines)


def test_no_letter_is_one_that_many_hands_write_like_a_digit() -> None:
    assert not {"O", "o", "I", "l", "S", "s", "Z", "z", "b", "g", "q"} & letters.SHAPES.keys()


def test_numerals_are_drawn_for_their_labels() -> None:
    labels = torch.arange(40) % 10
    ink = numerals.draw(labels, seeded())
    assert ink.shape == (40, 1, 28, 28)
    assert ink.max() == 1
    # A nought is hollow, a one is not wide.
    noughts, ones = ink[labels == 0], ink[labels == 1]
    assert noughts[:, 0, 12:16, 12:16].mean() < 0.2
    assert (ones > 0.5).any(2).sum(2).float().mean() < (noughts > 0.5).any(2).sum(2).float().mean()
    assert ink[:, :, :2].sum() == 0


@pytest.mark.parametrize("size", sorted(set(pages.SIZES)))
def test_a_page_shows_the_whole_digit(size: tuple[int, int]) -> None:
    page = pages.draw(bars(), *size, seeded())
    assert page.shape == (64, *size, 3)
    assert page.dtype == torch.uint8
    spread = page.float().amax((1, 2)) - page.float().amin((1, 2))
    assert spread.amax(1).min() > 40  # pen and paper differ on every page


def test_one_page_in_three_is_stretched() -> None:
    ink = torch.zeros(600, 1, 28, 28)
    ink[:, :, 4:24, 4:24] = 1
    pages_ = pages._placed(ink, 90, 90, seeded())
    high, wide = ((pages_ > 0.5).any(axis).sum(2).float().flatten() for axis in (3, 2))
    ratio = (wide / high).log()
    assert (ratio.abs() > 0.55).float().mean() == pytest.approx(1 / 3 * 0.65 / 1.2, abs=0.05)
    assert 0.9 < ratio.abs().max() < 1.4
    assert abs(ratio.mean()) < 0.05


def test_ink_is_as_large_on_a_page_however_fine_it_is() -> None:
    coarse = bars(40)
    fine = coarse.repeat_interleave(2, 2).repeat_interleave(2, 3)
    first, second = (pages._placed(ink, 64, 64, seeded()) for ink in (coarse, fine))
    assert (first - second).abs().mean() < 0.02
    assert first.mean() > 0.05


def test_the_front_end_finds_the_digit_on_the_pages() -> None:
    canvases = pages.through(build_front("ink"), bars(60), seeded()).float()
    rows = torch.arange(28.0).view(1, 28, 1)
    middle = (canvases * rows).sum((1, 2)) / canvases.sum((1, 2))
    assert (middle - 13.5).abs().max() < 1.5
    # The foot is to the right of the stem, so the canvas is that of the bar.
    lower, upper = canvases[:, 14:].sum((1, 2)), canvases[:, :14].sum((1, 2))
    assert (lower > upper).float().mean() > 0.9


def test_a_pool_is_drawn_once_and_then_opened(capsys: pytest.CaptureFixture[str]) -> None:
    first = pool.pool(digits(), "mnist", 3, 0)
    assert capsys.readouterr().err.count("drew") == 3
    again = pool.pool(digits(), "mnist", 3, 0)
    assert capsys.readouterr().err == ""
    assert first.digits.shape == (3, 40, 28, 28)
    assert first.foreign.shape == (3, 6, 28, 28)
    np.testing.assert_array_equal(first.digits, again.digits)
    assert not np.array_equal(first.digits[0], first.digits[1])
    assert [path.name for path in first.folder.parent.iterdir()] == [first.folder.name]


def test_a_pool_is_of_its_images_its_seed_and_its_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other = tmp_path / "new.py"
    other.write_text("# another way to draw")
    part = digits(12)
    folders = {pool.pool(part, "mnist", 1, seed).folder for seed in (0, 1)}
    folders.add(pool.pool(Part(255 - part.images, part.labels), "mnist", 1, 0).folder)
    monkeypatch.setattr(pool, "_SOURCES", (other,))
    folders.add(pool.pool(part, "mnist", 1, 0).folder)
    assert len(folders) == 4


def test_clothes_get_no_foreign_canvases() -> None:
    assert pool.pool(digits(12), "fashion-mnist", 2, 0).foreign.shape == (2, 0, 28, 28)


def test_what_is_drawn_is_mixed_from_all_ways() -> None:
    part = digits(400)
    drawn, damaged = pool.draw(part, "mnist", seeded())
    same = (drawn == part.images).flatten(1).all(1)
    assert same.float().mean() == pytest.approx(pool._SHARES[0], abs=0.05)
    assert damaged.float().mean() == pytest.approx(pool._SHARES[2] + pool._SHARES[4], abs=0.06)
    assert not (same & damaged).any()
    assert sum(pool._SHARES) == pytest.approx(1)


def test_strangers_are_as_many_as_asked() -> None:
    found = pool.strangers(37, digits().images, seeded())
    assert found.shape == (37, 28, 28)
    assert found.dtype == torch.uint8
