"""The models that a server has open, by name."""

from dataclasses import dataclass

from digits.classifier import Classifier
from digits.errors import InputError, UsageError
from digits.serve.batching import Batcher
from digits.serve.board import Board
from digits.serve.decoding import Decoder
from digits.serve.replies import Refused
from digits.serve.settings import Settings


@dataclass(frozen=True)
class Models:
    """What reads the images of one process.

    Attributes:
        batchers: By name of their model; the first is the default.
        decoder: Decodes for all of them.
    """

    batchers: dict[str, Batcher]
    decoder: Decoder

    def get(self, name: str | None) -> Batcher:
        """The model of that name; the default if there is none.

        Raises:
            Refused: There is no such model; the message lists those that there are.
        """
        if name is None:
            return next(iter(self.batchers.values()))
        if name not in self.batchers:
            known = ", ".join(self.batchers)
            raise Refused(404, f"no model {name!r} here: there are {known}")
        return self.batchers[name]

    def expire(self) -> None:
        """Turn away requests that wait for too long."""
        for batcher in self.batchers.values():
            batcher.expire()

    def close(self) -> None:
        """End their threads."""
        self.decoder.close()
        for batcher in self.batchers.values():
            batcher.close()


def open_models(settings: Settings, board: Board) -> Models:
    """Open all models, and read an image with each, so that the first answer is as fast as others.

    Raises:
        DigitsError: One can't be opened or run, or two have one name.
    """
    batchers: dict[str, Batcher] = {}
    for model in settings.models:
        classifier = Classifier.load(model, settings.provider)
        if classifier.name in batchers:
            raise UsageError(f"two models are called {classifier.name}: serve each once")
        _try_out(classifier)
        batchers[classifier.name] = Batcher(classifier, board, settings.max_batch, settings.queue)
    return Models(batchers, Decoder(settings.max_pixels))


def _try_out(classifier: Classifier) -> None:
    import numpy as np
    import PIL.Image  # noqa: F401 - else the first request would wait for it

    classifier.warm_up()
    page = np.full((28, 28, 3), 255, np.uint8)
    try:
        classifier.predict(page)
    except InputError:
        # Some front ends take no image as small as this.
        classifier.predict(np.full((280, 280, 3), 255, np.uint8))
