"""A folder through `Classifier.stream`, as an app would: `FOLDER MODEL PROVIDER [WORKERS]`."""

import sys

from digits import Classifier, Failure
from digits.bench.programs.telling import Clock


def main(folder: str, model: str, provider: str, workers: str | None = None) -> None:
    """Read it, and touch every label."""
    clock = Clock()
    classifier = Classifier.load(model, provider)
    for answer in classifier.stream(folder, workers=int(workers) if workers else None):
        if isinstance(answer, Failure):
            sys.exit(f"{answer.path}: {answer.error}")
        clock.answered(1)
    clock.tell()


if __name__ == "__main__":
    main(*sys.argv[1:])
