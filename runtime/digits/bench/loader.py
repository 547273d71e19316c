"""PyTorch's DataLoader as a contender: with the number of workers that serves it best."""

from digits.bench import child
from digits.bench.contenders import reading_of
from digits.bench.measurement import Reading, Settings

_MODULE = "digits_export.bench.folder"
# Of the files, to find out how many workers are best.
_SHARE = 3


class Loader:
    """A network in torch behind a DataLoader.

    Args:
        settings: Of the run.
        folder: What it reads.
        arch: Name of the network.
        engine: "eager" or "script".
    """

    def __init__(self, settings: Settings, folder: str, arch: str, engine: str) -> None:
        self._sizes = settings.sizes
        self._arguments = (engine, arch, folder)
        self._workers: int | None = None

    def run(self) -> Reading:
        """One turn; the first one tries all numbers of workers on a part of the files."""
        if self._workers is None:
            self._workers = self._best()
        return {**self._read(self._sizes.peer_images, self._workers), "workers": self._workers}

    def _best(self) -> int:
        choices = self._sizes.workers
        if len(choices) == 1:
            return choices[0]
        part = max(1, self._sizes.peer_images // _SHARE)
        return max(choices, key=lambda workers: self._read(part, workers)["rate"])

    def _read(self, images: int, workers: int) -> Reading:
        command = child.program(_MODULE, *self._arguments, images, workers)
        return reading_of(child.run(command))
