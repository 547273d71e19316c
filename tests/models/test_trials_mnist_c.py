from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("skimage", reason="needs digits-edge[trials]")

from digits.errors import InputError, UsageError
from digits_models import data
from digits_models.trials import lines, mnist_c, warps
from digits_models.trials.corruptions import CORRUPTIONS, corruption
from digits_models.trials.fields import plasma

PUBLISHED = [
    *("identity", "shot_noise", "impulse_noise", "glass_blur", "motion_blur", "shear", "scale"),
    *("rotate", "brightness", "translate", "stripe", "fog", "spatter", "dotted_line", "zigzag"),
    "canny_edges",
]


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def canvases(count: int = 8) -> np.ndarray:
    """A bar, 4 wide and 18 high."""
    images = np.zeros((count, 28, 28), np.uint8)
    images[:, 5:23, 12:16] = 255
    return images


def centre(image: np.ndarray) -> tuple[float, float]:
    rows, columns = np.indices(image.shape)
    return (rows * image).sum() / image.sum(), (columns * image).sum() / image.sum()


def test_they_are_the_published_ones():
    assert list(CORRUPTIONS) == PUBLISHED


@pytest.mark.parametrize("name", PUBLISHED)
def test_every_corruption_gives_canvases_and_the_same_for_the_same_seed(name: str):
    spoilt = corruption(name, canvases(), rng())
    assert spoilt.shape == (8, 28, 28)
    assert spoilt.dtype == np.uint8
    assert np.array_equal(spoilt, corruption(name, canvases(), rng()))
    assert np.array_equal(spoilt, canvases()) == (name == "identity")


def test_unknown_names_and_other_shapes_are_refused():
    with pytest.raises(UsageError, match=r"'snow'; known: identity, shot_noise"):
        corruption("snow", canvases(), rng())
    with pytest.raises(UsageError, match=r"float64 \[8, 28, 28\], not uint8"):
        corruption("fog", canvases() / 255, rng())


def test_impulses_hit_a_sixth_of_the_pixels():
    grey = np.full((50, 28, 28), 128, np.uint8)
    noisy = corruption("impulse_noise", grey, rng())
    assert (noisy != 128).mean() == pytest.approx(0.17, abs=0.005)
    assert (noisy == 255).sum() == pytest.approx((noisy == 0).sum(), rel=0.05)


def test_shots_come_in_thirds():
    assert set(np.unique(corruption("shot_noise", canvases(), rng()))) == {0, 85, 170, 255}


def test_brightness_adds_half_and_stripes_invert_the_outer_quarters():
    assert np.array_equal(np.unique(corruption("brightness", canvases(), rng())), [128, 255])
    striped = corruption("stripe", canvases(), rng())
    assert (striped[:, :, [0, 6, 21, 27]] == 255).all()
    assert np.array_equal(striped[:, :, 7:21], canvases()[:, :, 7:21])


def test_translation_is_three_pixels_along_each_axis_in_all_four_directions():
    moved = {centre(image) for image in corruption("translate", canvases(100), rng())}
    assert moved == {(13.5 + down, 13.5 + right) for down in (-3, 3) for right in (-3, 3)}


def test_scale_shrinks_to_seventy_percent_about_the_middle():
    small = corruption("scale", canvases(1), rng())[0]
    assert small.sum() / canvases(1).sum() == pytest.approx(0.49, abs=0.03)
    assert centre(small) == pytest.approx((13.5, 13.5), abs=0.01)


def test_rotation_turns_by_four_tenths_of_a_radian():
    turned = corruption("rotate", canvases(40), rng())
    tops = {round(centre(image[:14])[1] - 13.5, 1) for image in turned}
    # Half of the bar has its centre 4.5 above the middle: 4.5 sin 0.4.
    assert sorted(tops) == pytest.approx([-1.8, 1.8], abs=0.15)


def test_shear_flattens_too():
    assert warps.shear(0.4)[:, :2] == pytest.approx(np.array([[1, -0.3894], [0, 0.9211]]), abs=1e-4)


def test_motion_smears_to_the_left_at_most_a_kernel():
    dot = np.zeros((50, 28, 28), np.uint8)
    dot[:, 14, 20] = 255
    smeared = corruption("motion_blur", dot, rng())
    # Half a Gaussian of sigma 3: its first weight is 1 / (1/2 + 3 sqrt(pi/2)).
    assert (smeared[:, 14, 20] == round(255 / (0.5 + 3 * np.sqrt(np.pi / 2)))).all()
    assert (smeared[:, :, 21:] == 0).all()
    assert smeared.sum((1, 2)) == pytest.approx(np.full(50, 255), abs=8)


def test_glass_blurs_along_columns_only_and_keeps_the_ink():
    row = np.zeros((1, 28, 28), np.uint8)
    row[:, :, 14:] = 200
    glass = corruption("glass_blur", row, rng())
    assert (glass[:, :, :11] == 0).all()
    assert glass.sum() == pytest.approx(row.sum(), rel=0.01)
    assert (np.diff(glass[0, :, 13].astype(int)) != 0).any()


def test_fog_grows_from_a_plasma_that_fills_its_range():
    clouds = plasma(3, 64, 1.4, rng())
    assert clouds.min((1, 2)) == pytest.approx(0)
    assert clouds.max((1, 2)) == pytest.approx(1)
    assert np.abs(np.diff(clouds, axis=2)).mean() < 0.12
    spoilt = corruption("fog", canvases(), rng())
    assert (spoilt[:, 10, 13] - spoilt[:, 10, 10].astype(int)).mean() == pytest.approx(64, abs=12)


def test_mud_is_dull_and_covers():
    muddy = corruption("spatter", canvases(200), rng())
    assert muddy[canvases(200) == 0].max() <= 63
    assert 0.01 < (muddy[canvases(200) == 0] > 0).mean() < 0.2


def test_dots_are_two_on_and_two_off():
    assert np.array_equal(lines.dotted(10, 10)[10], [*([0, 0, 1, 1] * 7)[:27], 0])


def test_a_zigzag_goes_up_and_down_by_two():
    drawn = lines.zigzag(14, 0)
    ridge = drawn.argmax(0)
    assert (drawn[:, :2] == 0).all()
    assert (ridge[4], ridge[8], ridge[12]) == (16, 12, 16)


def test_edges_are_black_and_white_outlines():
    edges = corruption("canny_edges", canvases(1), rng())[0]
    assert set(np.unique(edges)) == {0, 255}
    assert edges[14, 13] == 0
    assert 36 <= (edges == 255).sum() <= 60


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str, split: str, _: Path | None) -> tuple[np.ndarray, np.ndarray]:
        assert (name, split) == ("mnist", "test")
        return canvases(2500), np.arange(2500) % 10

    monkeypatch.setattr(data, "load", load)


@pytest.mark.usefixtures("mnist")
def test_the_first_thousand_are_the_same_whatever_the_limit():
    few, labels = mnist_c.load("shot_noise", limit=1000)
    every, _ = mnist_c.load("shot_noise")
    assert len(every) == 2500
    assert np.array_equal(few, every[:1000])
    assert np.array_equal(labels, np.arange(1000) % 10)
    assert not np.array_equal(few, mnist_c.load("shot_noise", limit=1000, seed=1)[0])


@pytest.mark.usefixtures("mnist")
def test_the_set_has_every_kind():
    made = list(mnist_c.make(None, 2, 0))
    assert [item.kind for item in made] == [name for name in PUBLISHED for _ in range(2)]
    assert [item.label for item in made[:2]] == ["0", "1"]
    assert made[0].image.size == (28, 28)


def test_missing_data_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(data, "_open", lambda *_, **__: (_ for _ in ()).throw(OSError("no net")))
    with pytest.raises(InputError, match="--data-dir"):
        mnist_c.load("fog", tmp_path)
