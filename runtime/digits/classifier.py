"""The API that apps embed: load an exported model, read images."""

import os
from collections.abc import Generator, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from digits.abstain import Thresholds, chosen_thresholds
from digits.answers import SeeBatch, answer, predictions
from digits.bundle import DEFAULT, FRONT, Bundle, open_bundle
from digits.errors import InputError, ModelError, UsageError
from digits.front import Seen, SeenBatch, see, see_batch
from digits.images import Decoded, Pixels, Source, load_image, source_name
from digits.prediction import Failure, Prediction
from digits.providers import Provider, parse_provider
from digits.sessions import Assignment, assignment, open_session, open_sessions, run
from digits.sharing import Callers

if TYPE_CHECKING:
    from digits.timings import Timings

# Canvases in one run of the classifier on the CPU; more fall out of the processor's cache.
_LARGEST_BATCH = 128


class Classifier:
    """Reads images with an exported model, without PyTorch.

    Make one with `Classifier.load`, keep it, and use it from as many threads as you like. It can be
    pickled: the copy opens the same bundle again.

    Attributes:
        bundle: The model it runs.
        provider: Where the classifier runs, "cpu" or "cuda".
        note: One line for people if that isn't what they may expect, else None.
        thresholds: When it gives no label: "present" and "others" that evidence is held against,
            and "confidence"; never if there are none.
    """

    bundle: Bundle
    provider: str
    note: str | None
    thresholds: Thresholds

    def __init__(
        self,
        bundle: Bundle,
        provider: Provider,
        threads: int,
        thresholds: Thresholds,
        *,
        tf32: bool = False,
    ) -> None:
        sessions = open_sessions(bundle, provider, threads, tf32=tf32)
        self.bundle = bundle
        self.provider = sessions.choice.provider.value
        self.note = sessions.choice.note
        self._model = sessions.model
        self._front = sessions.front
        self._callers = Callers(sessions.callers)
        self.thresholds = thresholds
        self._arguments = (str(bundle.directory), bundle.variant, provider.value, threads)
        self._tf32 = tf32
        self._verified = False

    @classmethod
    def load(
        cls,
        model: str | os.PathLike[str] = DEFAULT,
        provider: str = "auto",
        threads: int | None = None,
        *,
        min_confidence: float | None = None,
        abstain: bool = True,
        verify: bool = False,
        variant: str | None = None,
        tf32: bool = False,
    ) -> "Classifier":
        """Open a model.

        Args:
            model: Name of a shipped model, or the directory of an exported one.
            provider: "auto" (the best that works), "cpu", or "cuda" (nothing but CUDA).
            threads: Threads of the classifier; one if None. Batches of a small network are shared
                out among them, of one above 50 MB the work of each layer; for a single image of a
                small one they are of no use. They are bound to no processor and don't spin while
                they wait. The front end always has one.
            min_confidence: Below this confidence there is no label; the model's own figure if None,
                0 for none.
            abstain: Whether an empty page, several digits or something that is no digit get no
                label, as far as the model tells them; without, every image gets one.
            verify: Replay some of the model's goldens before anything else, which takes
                milliseconds. A pickled classifier does it again where it is unpickled.
            variant: Run this variant of the classifier, "int8" for example; float32 if None.
            tf32: On CUDA, let the classifier's products round to TF32, which is faster for large
                networks and coarser than the proof of float32 allows; nothing elsewhere.

        Returns:
            The classifier, ready to read.

        Raises:
            MissingExtraError: ONNX Runtime isn't installed.
            ModelError: The model is unknown, incomplete or was changed, or has no such variant.
            ParityError: With `verify`, an answer isn't the trained network's; the message says
                which, and by how much.
            ProviderError: The provider can't be had; the message says what is missing.
            UsageError: There is no such provider, `threads` is below one, or `min_confidence` not
                in 0 to 1.
        """
        if threads is not None and threads < 1:
            raise UsageError(f"threads is {threads}: give 1 or more")
        wanted = parse_provider(provider)
        chosen_thresholds({}, min_confidence, abstain=abstain)  # wrong use is told first
        bundle = open_bundle(model).with_variant(variant)
        own = bundle.manifest.abstain
        thresholds = chosen_thresholds(own, min_confidence, abstain=abstain)
        classifier = cls(bundle, wanted, threads or 1, thresholds, tf32=tf32)
        return _proved(classifier) if verify else classifier

    def warm_up(self, batches: Sequence[int] | None = None, *, wait: bool = True) -> None:
        """Make the first answers as fast as later ones; only CUDA has anything to prepare.

        Args:
            batches: How many canvases will be classified at once; whatever comes if None, which
                takes seconds.
            wait: Return when all is ready; else prepare it while the first answers come.
        """
        if self.provider == Provider.CUDA:
            self._model.warm_up(batches, wait=wait)

    def __reduce__(self) -> tuple[Any, ...]:
        more = dict(self.thresholds), self._verified, self._tf32
        return reopen, (self.bundle.name, *self._arguments, *more)

    def __repr__(self) -> str:
        return f"<Classifier {self.full_name} on {self.provider}>"

    @property
    def name(self) -> str:
        """The model's name."""
        return self.bundle.name

    @property
    def variant(self) -> str | None:
        """Name of the variant that runs; None for float32."""
        return self.bundle.variant

    @property
    def full_name(self) -> str:
        """The model's name, and the variant's where one runs: "lenet:int8"."""
        return f"{self.name}:{self.variant}" if self.variant else self.name

    @property
    def labels(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.bundle.labels

    def assignments(self) -> dict[str, Assignment]:
        """Where the nodes of each graph run, as ONNX Runtime tells it: the receipt.

        Returns:
            For the file of each graph, the execution providers of its nodes.
        """
        return {self.bundle.model_file: assignment(self._model), FRONT: assignment(self._front)}

    def predict(self, source: Source) -> Prediction:
        """Read one image.

        Args:
            source: A path, the bytes of an image file, a file opened in binary mode (read from
                where it stands), a Pillow image, or an array: uint8, or float between 0 and 1, of
                shape [H,W], [H,W,1], [H,W,3] (RGB) or [H,W,4] (RGBA).

        Returns:
            The answer; with a `reason` instead of a label where the model abstains.

        Raises:
            InputError: The image can't be read, is damaged or too large; the message starts with
                the path, if there is one.
            ModelError: The model fails on it.
        """
        names = [source_name(source)]
        return _raised(self.answers([load_image(source)], names)[0], names)

    @overload
    def predict_many(
        self, sources: Iterable[Source], *, errors: Literal["raise"] = "raise"
    ) -> list[Prediction]: ...

    @overload
    def predict_many(
        self, sources: Iterable[Source], *, errors: Literal["return"]
    ) -> list[Prediction | InputError]: ...

    def predict_many(
        self, sources: Iterable[Source], *, errors: str = "raise"
    ) -> list[Prediction] | list[Prediction | InputError]:
        """Read many images; images of one size run as one batch.

        Args:
            sources: Anything that `predict` takes. All are held in memory: `stream` does without.
            errors: "raise" the first error, or "return" it in its image's place.

        Returns:
            One answer for each source, in their order.

        Raises:
            InputError: An image can't be read, and `errors` is "raise".
            ModelError: The model fails, whatever `errors` says.
            UsageError: It is one source, not many, or `errors` is something else.
        """
        if isinstance(sources, str | bytes | bytearray | memoryview | os.PathLike):
            raise UsageError("predict_many takes a list of images: give [image], or use predict")
        if errors not in ("raise", "return"):
            raise UsageError(f"errors is {errors!r}: give 'raise' or 'return'")
        decoded: list[Decoded | InputError] = []
        names: list[str | None] = []
        for source in sources:
            decoded.append(_decoded(source))
            names.append(source_name(source))
        results = self.answers(decoded, names)
        if errors == "return":
            return results
        return [_raised(result, names, index) for index, result in enumerate(results)]

    def stream(
        self,
        paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
        *,
        recursive: bool = False,
        batch_size: int = 256,
        workers: int | None = None,
        timings: "Timings | None" = None,
    ) -> Generator[Prediction | Failure, None, None]:
        """Read any number of files in constant memory; a bad file doesn't stop the others.

        A job that takes more than a moment is shared with worker processes. They need no
        `if __name__ == "__main__"`, and end with the stream: close it (or use it up) to end them
        at once. Where no Python can be started, as in a frozen app, threads read instead.

        Args:
            paths: Images, folders and glob patterns: one or many.
            recursive: Look into the folders' subfolders, too.
            batch_size: Images that are classified together, at most.
            workers: Worker processes; as many as this process may use cores if None. With 1, this
                process reads alone.
            timings: Gets the time that all this takes, by stage.

        Yields:
            A prediction or a failure for each file, in the order in which they are found.

        Raises:
            ModelError: The model fails.
            UsageError: `batch_size` or `workers` is below one.
        """
        from digits.folder import one_by_one, stream

        batches = stream(
            self,
            paths,
            recursive=recursive,
            batch_size=batch_size,
            workers=workers,
            timings=timings,
        )
        return one_by_one(batches)

    def predict_canvases(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Classify canvases (what the training set looks like) without the front end.

        Args:
            canvases: uint8 [N, 28, 28], or of the shape that the manifest says.

        Returns:
            Probabilities, float32 [N, labels]; each row adds up to 1.

        Raises:
            InputError: The array has another shape or dtype.
            ModelError: The model fails.
        """
        return self._classify("probabilities", canvases)

    def predict_logits(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Like `predict_canvases`, but before temperature and softmax.

        Args:
            canvases: uint8 [N, 28, 28], or of the shape that the manifest says.

        Returns:
            Logits, float32 [N, labels].

        Raises:
            InputError: The array has another shape or dtype.
            ModelError: The model fails.
        """
        return self._classify("logits", canvases)

    def see(self, images: Sequence[Pixels]) -> list[Seen | InputError]:
        """Run the front end alone.

        Args:
            images: RGB, uint8 [H, W, 3] each, of any sizes (see `digits.load_image`).

        Returns:
            For each image its canvas and what else the front end found, or why it found nothing.
        """
        return see(self._front, images)

    def _classify(self, output: str, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        shape = self.bundle.manifest.canvas_shape
        if canvases.dtype != np.uint8 or canvases.shape[1:] != shape:
            raise InputError(
                f"canvases are {canvases.dtype} {list(canvases.shape)}: "
                f"{self.name} takes uint8 {['N', *shape]}"
            )
        largest = getattr(self._model, "largest_batch", _LARGEST_BATCH)
        parts = self._callers.share_out(partial(self._run_model, output), canvases, largest)
        if len(parts) == 1:
            return parts[0]
        return np.concatenate([np.zeros((0, len(self.labels)), np.float32), *parts])

    def _run_model(self, output: str, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        file = self.bundle.model_file
        batch = np.ascontiguousarray(canvases)
        found: NDArray[np.float32]
        (found,) = run(self._model, [output], {"canvas": batch}, f"{self.name}: {file}")
        if found.shape != (len(batch), len(self.labels)):
            raise ModelError(
                f"{self.name}: {file} gives {output} {list(found.shape)} for {len(batch)} "
                f"canvases and {len(self.labels)} labels: export the model again"
            )
        return found

    def see_batch(self, images: Sequence[Pixels]) -> SeenBatch:
        """Run the front end alone on images of one size; for the rest of this package.

        Args:
            images: RGB, uint8 [H, W, 3] each.

        Raises:
            InputError: It fails on images of this size.
            ModelError: What it gives isn't what the classifier takes.
        """
        return see_checked(self.bundle, self._front, images)

    def answers(
        self, images: Sequence[Decoded | InputError], names: Sequence[str | None]
    ) -> list[Prediction | InputError]:
        """One answer for each decoded image, in order; for the rest of this package.

        Args:
            images: Decoded images, and errors, which are passed through.
            names: Where each comes from.
        """
        return predictions(self, answer(self, list(enumerate(images))), names)

    def recipe(self) -> tuple[Any, ...]:
        """Arguments of `reopen`, for one thread of the CPU; for the rest of this package."""
        directory, variant, _, _ = self._arguments
        thresholds = dict(self.thresholds)
        return self.bundle.name, directory, variant, Provider.CPU.value, 1, thresholds, False


def see_checked(bundle: Bundle, front: Any, images: Sequence[Pixels]) -> SeenBatch:
    """Run a bundle's open front end on images of one size; see `Classifier.see_batch`."""
    batch = see_batch(front, images)
    canvas, shape = batch.canvas, bundle.manifest.canvas_shape
    if canvas.shape != (len(images), *shape) or canvas.dtype != np.uint8:
        raise ModelError(
            f"{bundle.name}: {FRONT} gives canvases of {canvas.dtype} {list(canvas.shape[1:])}, "
            f"{bundle.model_file} takes uint8 {list(shape)}: export the model again"
        )
    return batch


def _proved(classifier: Classifier) -> Classifier:
    # Reading goldens takes code that other apps don't need.
    from digits.goldens.startup import prove

    prove(classifier)
    classifier._verified = True
    return classifier


def reopen(
    name: str,
    directory: str,
    variant: str | None,
    provider: str,
    threads: int,
    thresholds: dict[str, float],
    verify: bool,
    tf32: bool = False,
) -> Classifier:
    """Open a pickled classifier's bundle again, where another machine may have it elsewhere."""
    bundle = open_bundle(directory if Path(directory).is_dir() else name).with_variant(variant)
    wanted = parse_provider(provider)
    classifier = Classifier(bundle, wanted, threads, thresholds, tf32=tf32)
    return _proved(classifier) if verify else classifier


def reopen_front(name: str, directory: str, *_: object) -> SeeBatch:
    """Open the front end alone, on the CPU, for a process that leaves the classifier to another."""
    bundle = open_bundle(directory if Path(directory).is_dir() else name)
    session = open_session(bundle, FRONT, Provider.CPU, 1, strict=False)
    return partial(see_checked, bundle, session)


def _decoded(source: Source) -> Decoded | InputError:
    try:
        return load_image(source)
    except InputError as error:
        return error


def _raised(
    result: Prediction | InputError, names: Sequence[str | None], index: int = 0
) -> Prediction:
    """Raise an error; among several images without names it tells which one it is about."""
    if isinstance(result, InputError):
        if names[index] is None and len(names) > 1:
            raise InputError(f"image {index}: {result}") from result
        raise result
    return result
