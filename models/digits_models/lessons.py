"""What a network is shown in one step, and what it should answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

from digits_models import teaching
from digits_models.augment import augment
from digits_models.recipe import Preset, Recipe
from digits_models.renditions.pool import Pool, pool
from digits_models.splits import Part

#: How much softer than its own the answers of a teacher are compared (Hinton et al., 2015).
SOFTNESS = 2.0

#: The logit of a label that stands alone.
_SURE = 15.0


@dataclass(frozen=True)
class Lesson:
    """The images of one step.

    Attributes:
        images: uint8 or float [B, 28, 28] in 0…255.
        labels: int64 [B]; -1 for what is no digit.
        targets: float [B, 10], probabilities that sum to 1.
        advice: The teacher's logits, float [B, 10], or None.
        weights: How much each counts, float [B], or None: all alike.
    """

    images: Tensor
    labels: Tensor
    targets: Tensor
    advice: Tensor | None
    weights: Tensor | None = None

    def loss(self, logits: Tensor, own: float) -> Tensor:
        """Mean loss: `own` weighs the targets, the rest goes to the teacher's advice, if any."""
        loss = functional.cross_entropy(logits, self.targets, reduction="none")
        if self.advice is not None:
            advice = functional.softmax(self.advice / SOFTNESS, 1)
            taught = functional.cross_entropy(logits / SOFTNESS, advice, reduction="none")
            # Soft answers pull by the square of the softness less.
            loss = own * loss + (1 - own) * taught * SOFTNESS**2
        if self.weights is None:
            return loss.mean()
        return (loss * self.weights).sum() / self.weights.sum()

    def right(self, logits: Tensor) -> Tensor:
        """How many digits are read as they should."""
        return (logits.detach().argmax(1) == self.labels).sum()

    def digits(self) -> Tensor:
        """How many of the images hold a digit; on the device, which nobody then waits for."""
        return (self.labels >= 0).sum()


class Lessons(Protocol):
    """All the lessons of a training."""

    def __len__(self) -> int:
        """How many images an epoch has."""
        ...

    def lesson(self, batch: Tensor, epoch: int) -> Lesson:
        """Images [B] of an epoch, by their indices."""
        ...


def prepare(recipe: Recipe, training: Part, generator: Generator) -> Lessons:
    """Choose how a training's images come about: drawn beforehand, or changed as they are shown.

    Raises:
        OutputError: What is drawn beforehand can't be kept.
        ModelError: The recipe wants a teacher, and there is none for its data set.
    """
    preset = recipe.preset
    if not preset.renditions:
        return Changed(training, recipe.dataset, preset, generator)
    # One for each epoch is enough.
    count = min(preset.renditions, preset.epochs)
    drawn = pool(training, recipe.dataset, count, recipe.seed)
    advice = teaching.answers(recipe.dataset, drawn) if preset.teacher else None
    return Drawn(training, drawn, advice, preset)


class Changed:
    """The training images, changed at random whenever they are shown."""

    def __init__(self, training: Part, dataset: str, preset: Preset, generator: Generator) -> None:
        self._training = training
        self._dataset = dataset
        self._preset = preset
        self._generator = generator

    def __len__(self) -> int:
        return len(self._training)

    def lesson(self, batch: Tensor, epoch: int) -> Lesson:  # noqa: ARG002  (always new)
        """See `Lessons`."""
        images, labels = self._training.images[batch], self._training.labels[batch]
        changed = augment(images, self._dataset, self._preset.augment, self._generator)
        return Lesson(changed, labels, _targets(labels, self._preset.label_smoothing), None)


class Drawn:
    """The renditions of a pool, an image's next one in each epoch, with some foreign canvases."""

    def __init__(
        self, training: Part, drawn: Pool, advice: NDArray[np.float16] | None, preset: Preset
    ) -> None:
        self._labels = training.labels
        self._pool = drawn
        self._advice = advice
        self._smoothing = preset.label_smoothing
        self._damaged = preset.damaged

    def __len__(self) -> int:
        return len(self._labels)

    def lesson(self, batch: Tensor, epoch: int) -> Lesson:
        """See `Lessons`."""
        rows = batch.cpu().numpy()
        turns = (epoch + rows * 7) % len(self._pool.digits)
        images = torch.from_numpy(self._pool.digits[turns, rows])
        labels = self._labels[batch]
        advice = None
        if self._advice is not None:
            advice = torch.from_numpy(self._advice[turns, rows].astype(np.float32))
            advice = _where_right(advice, labels.cpu())
        weights = torch.from_numpy(np.where(self._pool.damaged[turns, rows], self._damaged, 1.0))
        strangers = torch.from_numpy(self._strangers(rows, turns))
        if len(strangers):
            images = torch.cat([images, strangers])
            labels = torch.cat([labels, labels.new_full((len(strangers),), -1)])
            weights = torch.cat([weights, weights.new_ones(len(strangers))])
            if advice is not None:
                advice = torch.cat([advice, torch.zeros(len(strangers), advice.shape[1])])
        advice = None if advice is None else advice.to(labels.device)
        weights = weights.float().to(labels.device)
        targets = _targets(labels, self._smoothing)
        return Lesson(images.to(labels.device), labels, targets, advice, weights)

    def _strangers(self, rows: NDArray[np.int64], turns: NDArray[np.int64]) -> NDArray[np.uint8]:
        """Foreign canvases for a batch: those of the images whose place they have."""
        places = rows < self._pool.foreign.shape[1]
        found: NDArray[np.uint8] = self._pool.foreign[turns[places], rows[places]]
        return found


def _where_right(advice: Tensor, labels: Tensor) -> Tensor:
    """The teacher's logits [B, 10], and the label's own where the teacher is wrong."""
    plain = functional.one_hot(labels, advice.shape[1]).float() * _SURE
    return torch.where((advice.argmax(1) == labels).unsqueeze(1), advice, plain)


def _targets(labels: Tensor, smoothing: float) -> Tensor:
    """Probabilities [B, 10]: the label's, a little of all; all alike for what is no digit."""
    classes = 10
    known = functional.one_hot(labels.clamp(min=0), classes).float()
    known = known * (1 - smoothing) + smoothing / classes
    return torch.where((labels >= 0).unsqueeze(1), known, torch.full_like(known, 1 / classes))
