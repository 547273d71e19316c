"""Where the time of a folder goes, by stage: `FOLDER MODEL PROVIDER`; microseconds an image."""

import os
import sys
from pathlib import Path

from digits import Classifier
from digits.bench.programs.telling import tell
from digits.commands.formats import Format, writer
from digits.commands.writing import written
from digits.folder import stream
from digits.timings import Timings


def main(folder: str, model: str, provider: str) -> None:
    """Read a folder as `digits infer --format jsonl` does, its output nowhere."""
    classifier = Classifier.load(model, provider)
    timings = Timings()
    batches = stream(classifier, folder, timings=timings)
    form = writer(Format.JSONL, classifier.labels, 1)
    with Path(os.devnull).open("w") as nowhere:
        written(batches, form, nowhere, timings)
    images = max(1, timings.images)
    stages = {name: 1e6 * seconds / images for name, seconds in timings.seconds.items()}
    tell(**stages, whole=1e6 * timings.wall / images)


if __name__ == "__main__":
    main(*sys.argv[1:])
