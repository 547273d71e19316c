"""Where the time of a folder goes, by stage: `FOLDER MODEL PROVIDER`; microseconds an image."""

import sys
from importlib import import_module

from digits import Classifier
from digits.bench.programs.telling import tell


def main(folder: str, model: str, provider: str) -> None:
    """Read a folder."""
    classifier = Classifier.load(model, provider)
    timings = import_module("digits.timings").Timings()
    options = {"timings": timings}
    for _ in classifier.stream(folder, **options):
        pass
    images = max(1, timings.images)
    stages = {name: 1e6 * seconds / images for name, seconds in timings.seconds.items()}
    tell(**stages, whole=1e6 * timings.wall / images)


if __name__ == "__main__":
    main(*sys.argv[1:])
