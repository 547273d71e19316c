"""What proofs and goldens are made on."""

import numpy as np

from digits_export import inputs


def test_goldens_hold_samples_and_pages_without_a_digit():
    images = inputs.golden_images()
    assert len(inputs.sample_images()) >= 10
    assert all(image.dtype == np.uint8 and image.shape[2] == 3 for image in images)
    for level in (0, 255):
        assert any((image == level).all() for image in images)
    assert any(image.shape == (1, 1, 3) for image in images)


def test_golden_canvases_hold_samples_black_white_checkers_and_noise():
    seen = np.full((2, 28, 28), 7, np.uint8)
    canvases = inputs.golden_canvases(seen)
    assert canvases.dtype == np.uint8
    assert np.array_equal(canvases[:2], seen)
    assert (canvases[2] == 0).all()
    assert (canvases[3] == 255).all()
    assert canvases[4].mean() == 127.5
    assert all(60 < canvas.std() < 90 for canvas in canvases[5:])


def test_inputs_are_the_same_every_time():
    for make in (inputs.golden_images, inputs.image_cases):
        for first, second in zip(make(), make(), strict=True):
            assert np.array_equal(first[-1], second[-1])


def test_images_come_from_one_pixel_to_a_photo():
    shapes = {batch.shape for _, batch in inputs.image_cases()}
    assert {(1, 1, 1, 3), (1, 3000, 4000, 3), (1, 1920, 300, 3), (64, 28, 28, 3)} <= shapes
    assert {len(batch) for _, batch in inputs.image_cases()} == {1, 2, 7, 64}
    names = [name for name, _ in inputs.image_cases()]
    assert len(names) == len(set(names))


def test_images_can_be_bounded():
    assert max(b.shape[1] * b.shape[2] for _, b in inputs.image_cases(640 * 480)) <= 640 * 480


def test_stretching_keeps_the_corners():
    image = np.arange(12, dtype=np.uint8).reshape(2, 2, 3)
    large = inputs.stretched(image, 4, 6)
    assert np.array_equal(large[0, 0], image[0, 0])
    assert np.array_equal(large[-1, -1], image[-1, -1])
    assert inputs.stretched(image, 1, 1).shape == (1, 1, 3)
