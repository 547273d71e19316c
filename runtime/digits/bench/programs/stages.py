"""Where the time of a folder goes, by stage: `FOLDER MODEL PROVIDER`; microseconds an image."""

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

from digits import Classifier
from digits.bench.programs.telling import tell
from digits.commands.formats import Format, writer


def main(folder: str, model: str, provider: str) -> None:
    """Read a folder as `digits infer --format jsonl` does, its output nowhere."""
    classifier = Classifier.load(model, provider)
    timings = import_module("digits.timings").Timings()
    batches = _function("digits.folder:stream")(classifier, folder, timings=timings)
    form = writer(Format.JSONL, classifier.labels, 1)
    with Path(os.devnull).open("w") as nowhere:
        _function("digits.commands.writing:written")(batches, form, nowhere, timings)
    images = max(1, timings.images)
    stages = {name: 1e6 * seconds / images for name, seconds in timings.seconds.items()}
    tell(**stages, whole=1e6 * timings.wall / images)


def _function(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(module), name)


if __name__ == "__main__":
    main(*sys.argv[1:])
