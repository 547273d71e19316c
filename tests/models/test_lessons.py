"""What is shown in a step: renditions, foreign canvases, and the teacher's advice."""

from pathlib import Path

import numpy as np
import pytest
import torch

from digits.errors import ModelError
from digits_models import lessons, teaching, weights
from digits_models.recipe import Preset, Recipe
from digits_models.splits import Part

GENERATOR = torch.Generator()


def recipe(**changes: object) -> Recipe:
    return Recipe("mlp", "mnist", 0, 0, 0, Preset(**changes))


def part(count: int = 40) -> Part:
    images = torch.zeros(count, 28, 28, dtype=torch.uint8)
    images[:, 4:24, 12:15] = 255
    return Part(images, torch.arange(count) % 10)


def test_without_renditions_the_labels_are_the_targets() -> None:
    shown = lessons.prepare(recipe(label_smoothing=0.1), part(), GENERATOR)
    lesson = shown.lesson(torch.tensor([3, 14]), 0)
    assert lesson.images.shape == (2, 28, 28)
    assert lesson.advice is None
    assert lesson.labels.tolist() == [3, 4]
    assert lesson.targets[0, 3] == pytest.approx(0.91)
    assert torch.allclose(lesson.targets.sum(1), torch.ones(2))
    logits = torch.randn(2, 10)
    expected = torch.nn.functional.cross_entropy(logits, lesson.labels, label_smoothing=0.1)
    assert lesson.loss(logits, 0.3) == pytest.approx(float(expected), rel=1e-5)


def test_each_epoch_shows_another_rendition_and_the_same_foreigners_again() -> None:
    shown = lessons.prepare(recipe(renditions=3, epochs=9), part(), GENERATOR)
    batch = torch.arange(40)
    epochs = [shown.lesson(batch, epoch) for epoch in range(4)]
    assert not torch.equal(epochs[0].images, epochs[1].images)
    assert torch.equal(epochs[0].images, epochs[3].images)
    for lesson in epochs:
        assert lesson.labels.tolist() == [*(i % 10 for i in range(40)), *[-1] * 6]
        assert lesson.digits() == 40
        assert torch.allclose(lesson.targets[-4:], torch.tensor(0.1))


def test_what_is_no_digit_is_never_right() -> None:
    lesson = lessons.Lesson(
        torch.zeros(2, 28, 28), torch.tensor([7, -1]), torch.full((2, 10), 0.1), None
    )
    logits = torch.zeros(2, 10)
    logits[:, 7] = 1
    assert lesson.right(logits) == 1


def test_the_loss_is_lowest_for_the_teachers_answer() -> None:
    advice = torch.tensor([[3.0, 1.0, *[0.0] * 8]])
    lesson = lessons.Lesson(torch.zeros(1, 28, 28), torch.tensor([0]), torch.eye(10)[:1], advice)
    assert lesson.loss(advice, 0.0) < lesson.loss(advice * 2, 0.0)
    assert lesson.loss(advice, 0.0) < lesson.loss(advice * 0.5, 0.0)
    assert lesson.loss(advice * 2, 1.0) < lesson.loss(advice, 1.0)


def test_damaged_renditions_count_as_much_as_the_preset_says() -> None:
    options = {"renditions": 2, "epochs": 2}
    plain, light = (
        lessons.prepare(recipe(**options, damaged=weight), part(), GENERATOR).lesson(
            torch.arange(40), 0
        )
        for weight in (1.0, 0.25)
    )
    assert light.weights is not None
    counts = light.weights.unique(return_counts=True)
    assert counts[0].tolist() == [0.25, 1.0]
    assert 3 < counts[1][0] < 25
    logits = torch.randn(46, 10, generator=torch.Generator().manual_seed(0))
    each = torch.nn.functional.cross_entropy(logits, light.targets, reduction="none")
    mean = (each * light.weights).sum() / light.weights.sum()
    assert float(light.loss(logits, 0.3)) == pytest.approx(float(mean), rel=1e-5)
    assert float(plain.loss(logits, 0.3)) == pytest.approx(float(each.mean()), rel=1e-5)


@pytest.mark.parametrize("dataset", ["mnist", "fashion-mnist"])
def test_the_teachers_ship_and_know_their_subject(dataset: str) -> None:
    teacher = teaching.load(dataset)
    assert teacher.record["dataset"] == dataset
    assert teacher.record["complete"] is True
    assert teacher.record["accuracy"]["test"] >= {"mnist": 0.996, "fashion-mnist": 0.935}[dataset]


def test_advice_is_asked_once_and_is_the_teachers_where_it_is_right(
    capsys: pytest.CaptureFixture[str],
) -> None:
    options = recipe(renditions=2, epochs=2, teacher=True)
    lesson = lessons.prepare(options, part(), GENERATOR).lesson(torch.arange(40), 1)
    assert "asking the teacher" in capsys.readouterr().err
    lessons.prepare(options, part(), GENERATOR)
    assert capsys.readouterr().err == ""
    assert lesson.advice is not None
    assert lesson.advice[:40].argmax(1).tolist() == lesson.labels[:40].tolist()
    assert lesson.advice[40:].abs().max() == 0
    teacher = teaching.load("mnist")
    with torch.no_grad():
        logits = teacher.network(teacher.architecture.prepare()(lesson.images.clone()))
    right = logits[:40].argmax(1) == lesson.labels[:40]
    assert 2 <= int(right.sum()) < 40  # the bars are ones, whatever their label says
    expected = logits[:40][right] / teacher.temperature
    np.testing.assert_allclose(lesson.advice[:40][right], expected, rtol=0.03, atol=0.3)


def test_a_teacher_is_shipped_in_half_precision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    teacher = teaching.load("mnist")
    weights.save(tmp_path / "teacher.safetensors", teacher.network, teacher.record)
    monkeypatch.setattr(weights, "SHIPPED", tmp_path)
    teaching.ship(tmp_path / "teacher.safetensors")
    sizes = [(tmp_path / f"teacher{n}.safetensors").stat().st_size for n in ("", "-mnist")]
    assert 0.5 < sizes[1] / sizes[0] < 0.52
    assert teaching.load("mnist").digest == teacher.digest  # it was rounded already
    assert teaching.load("mnist").record == teacher.record


def test_a_data_set_without_a_teacher_says_how_to_get_one() -> None:
    with pytest.raises(ModelError, match="digits train --arch teacher --dataset letters"):
        teaching.load("letters")
