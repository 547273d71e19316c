"""Which options of `digits show` go together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from digits.errors import UsageError
from digits_models import data, registry


@dataclass(frozen=True)
class Question:
    """What a user asks to see; the fields are the options."""

    arch: str | None
    versus: str | None
    image: Path | None
    features: bool
    weights: Path | None
    dataset: str | None
    limit: int | None
    data_dir: Path | None
    output: Path | None

    @property
    def passage(self) -> bool:
        """Whether trained weights are looked at."""
        return self.image is not None or self.features

    @property
    def images(self) -> bool:
        """Whether a data set is looked at."""
        return self.dataset is not None or self.features


def check(question: Question) -> None:
    """Make sure that it is one question; UsageError says which options don't fit, and why."""
    _check_subject(question)
    for wrong, message in _misfits(question):
        if wrong:
            raise UsageError(message)
    output = question.output
    if output is not None and output.suffix.lower() != ".png":
        raise UsageError(f"--output {output}: pictures are drawn as PNG, name a .png file")


def _check_subject(question: Question) -> None:
    if question.arch is None and question.versus is not None:
        raise UsageError("--versus needs --arch, the network to compare with")
    if question.arch is None and question.passage:
        option = "--features" if question.features else "--image"
        raise UsageError(f"{option} needs --arch, the network to look into")
    if question.arch is None and question.dataset is None:
        raise UsageError(
            f"nothing to show: name a network with --arch ({', '.join(registry.names())}) "
            f"or a data set with --data ({', '.join(data.DATASETS)})"
        )


def _misfits(question: Question) -> list[tuple[bool, str]]:
    """Options that are given without what they belong to, or with what they exclude."""
    q = question
    return [
        (
            q.image is not None and q.features,
            "--image and --features are two pictures: draw one at a time",
        ),
        (
            q.arch is not None and q.dataset is not None and not q.features,
            "--arch and --data are two questions: ask one at a time, or add --features",
        ),
        (
            q.versus is not None and q.passage,
            "--versus compares layers: it doesn't go with --image or --features",
        ),
        (q.weights is not None and not q.passage, "--weights goes with --image or --features"),
        (q.limit is not None and not q.features, "--limit goes with --features"),
        (q.data_dir is not None and not q.images, "--data-dir goes with --data or --features"),
        (
            q.output is not None and not q.images and not q.passage,
            "--output goes with --data, --image or --features",
        ),
    ]
