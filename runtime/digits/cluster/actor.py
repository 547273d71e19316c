"""What runs on the nodes: an actor that holds a classifier and reads block after block."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from digits.cluster.job import Job, model_digest
from digits.cluster.model import Carried, Unpacked
from digits.cluster.parts import encoded
from digits.cluster.plan import Count, part_name, read_block, read_done, write_done
from digits.cluster.reader import Reader
from digits.cluster.storage import Folder, one_line
from digits.errors import DigitsError, ModelError, OutputError
from digits.prediction import Failure

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from digits.classifier import Classifier


@dataclass(frozen=True)
class Work:
    """All that an actor must know.

    Attributes:
        job: The job.
        model: Its model.
        batch_size: Images that are classified together, at most.
    """

    job: Job
    model: Carried
    batch_size: int


class BlockReader:
    """Reads the blocks of a job's plan; `ray.data` makes one on each worker.

    What the whole job can't go on with comes as a row, since Ray would try an exception again and
    wrap it.
    """

    def __init__(self, work: Work) -> None:
        """Open the model."""
        self._job = work.job
        self._folder = Folder(work.job.output)
        self._error: DigitsError | None = None
        # Kept: a worker that takes another's place opens it again.
        self._model = Unpacked(work.model)
        try:
            self._classifier = _open(work.job, self._model.name)
            self._reader = Reader(self._classifier, work.job.folder, work.batch_size)
        except DigitsError as error:
            self._error = error

    def __call__(self, rows: "dict[str, NDArray[np.int64]]") -> dict[str, list[Any]]:
        """Read blocks.

        Args:
            rows: Their numbers, as "block".

        Returns:
            For each of them how many inputs it has, how many of those failed, and the error that
            ends the job with its exit code, if there is one.
        """
        told = [self._told(int(block)) for block in rows["block"]]
        return {name: [row[name] for row in told] for name in told[0]}

    def close(self) -> None:
        """End what it has started; the end of its process does that, too."""
        if self._error is None:
            self._reader.close()

    def _told(self, block: int) -> dict[str, Any]:
        try:
            count, error = self._done(block), None
        except DigitsError as problem:
            count, error = Count(0, 0), problem
        code = error.exit_code if error else 0
        return {**vars(count), "error": str(error or ""), "code": code}

    def _done(self, block: int) -> Count:
        if self._error is not None:
            raise self._error
        name = part_name(block, self._job.form.value)
        try:
            if self._folder.has(name):  # another actor died when it had just written it
                return read_done(self._folder, block)
            return self._read(block, name)
        except OSError as error:
            raise OutputError(f"{self._job.output}: {one_line(error)}") from error

    def _read(self, block: int, name: str) -> Count:
        results = self._reader.read(read_block(self._folder, block))
        data = encoded(results, self._job.form, self._classifier.labels, self._job.top_k)
        count = Count(len(results), sum(isinstance(result, Failure) for result in results))
        write_done(self._folder, block, count, name, data)
        return count


def _open(job: Job, model: str) -> "Classifier":
    from digits.classifier import Classifier

    classifier = Classifier.load(
        model,
        job.provider,
        min_confidence=job.min_confidence,
        abstain=not job.always,
        variant=job.variant,
        tf32=job.tf32,
    )
    _check_same(classifier, job)
    return classifier


def _check_same(classifier: "Classifier", job: Job) -> None:
    """Make sure that this node's files are those of the machine that asked.

    Raises:
        ModelError: They are others.
    """
    if model_digest(classifier.bundle) != job.digest:
        raise ModelError(
            f"{job.model}: a node of the cluster has another model of this name: "
            "install the same version of digits-edge on all of them"
        )
