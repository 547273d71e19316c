"""Proving an export: every comparison that a proof consists of, run on what was exported."""

import json
from collections.abc import Iterable, Mapping

import torch

from digits.bundle import MANIFEST
from digits.providers import Provider, choose
from digits_export import engines, goldens, inputs, onnx, parity, precision, torchscript
from digits_export.carried import Carried, carried
from digits_export.chain import follow
from digits_export.engines import Engine
from digits_export.expected import tolerances
from digits_export.golden_files import golden_files
from digits_export.graphs import Graph
from digits_export.populations import FULL, TEST_SET, chunked, extent_of, populations, test_set
from digits_export.proof import Proof
from digits_export.subject import Subject

Files = Mapping[str, bytes]
Judged = tuple[list[precision.Precision], list[precision.Labels]]
# What `image` is compared on: images of up to VGA's size.
_LARGEST_IMAGE = 640 * 480


def chain_files() -> Files:
    """Image files that go through the whole chain: the samples, and some in other formats."""
    # Plain Pillow, which data sets are loaded with, cuts levels of 16 bits instead of scaling them.
    encoded = {
        f"{file.image}.{file.form}": file.data.tobytes()
        for file in golden_files()
        if not file.form.endswith("_16")
    }
    return {**inputs.sample_files(), **encoded}


class Prover:
    """Measures an export against the trained net in float64.

    Attributes:
        goldens: The golden inputs with float64's answers.
        tolerance: How far a device may be from them, by output of the classifier.
    """

    def __init__(self, subject: Subject, several: Mapping[str, Graph], exported: Files) -> None:
        self._subject = subject
        self._graphs = several
        self._exported = exported
        self._extent = extent_of(subject.classifier, subject.canvas)
        self._cuda = choose(Provider.AUTO).provider is Provider.CUDA
        self._front = engines.truth(several["front"])
        self._classifier = engines.truth(several["model"])
        self.goldens = goldens.make(self._front, self._classifier)
        self._canvases = self.goldens["canvas"].astype("uint8")
        self.tolerance = tolerances(self._classifier, self._canvases)

    def prove(self, files: Files) -> Proof:
        """Compare everything.

        Args:
            files: The bundle as it would be written, the manifest among them.
        """
        test = test_set(self._subject.dataset, self._subject.canvas)
        several = populations(self._classifier, self._canvases, test, self._extent)
        running = self._engines("model")
        judged = list(precision.compare(self._classifier, running, several, self.tolerance))
        if self._cuda and test is not None and self._extent is not FULL:
            judged += self._all_on_gpu(test)
        return Proof(
            self._subject,
            real="goldens" if test is None else TEST_SET,
            carried=tuple(self._carried()),
            precisions=tuple(p for precisions, _ in judged for p in precisions),
            labels=tuple(item for _, labels in judged for item in labels),
            comparisons=tuple(self._comparisons()),
            stages=tuple(follow(self._subject, self._runnable(files), chain_files())),
        )

    def _all_on_gpu(self, test: inputs.Pixels) -> list[Judged]:
        """The whole test set of a network that a CPU sees only some images of."""
        truth, running = engines.on_gpu(self._graphs["model"], *self._files("model"))
        whole = [chunked(f"whole {TEST_SET}", test, self._extent.batch)]
        # PyTorch's own convolutions would use TF32 otherwise, and bound nothing.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            return list(precision.compare(truth, running, whole, self.tolerance))

    def _carried(self) -> Iterable[Carried]:
        """The weights in every file that holds some."""
        module = self._graphs["model"].module
        for name, data in self._exported.items():
            if not name.startswith("front."):
                yield carried(name, module, data)

    def _comparisons(self) -> Iterable[parity.Comparison]:
        allowed = {**parity.TOLERANCE, **self.tolerance}
        running = self._engines("front")
        yield from parity.compare("front", self._front, running, inputs.image_cases(), allowed)
        if f"image{onnx.SUFFIX}" in self._exported:
            yield from parity.compare(
                "image",
                engines.truth(self._graphs["image"]),
                self._engines("image"),
                inputs.image_cases(_LARGEST_IMAGE),
                allowed,
                self._classifier,
            )

    def _engines(self, name: str) -> list[Engine]:
        return engines.exported(self._graphs[name], *self._files(name), cuda=self._cuda)

    def _files(self, name: str) -> tuple[bytes, bytes | None]:
        """A graph in ONNX, and in TorchScript if it has been expressed."""
        script = self._exported.get(name + torchscript.SUFFIX)
        return self._exported[name + onnx.SUFFIX], script

    def _runnable(self, files: Files) -> Files:
        """Without what the manifest doesn't list and the runtime would refuse."""
        listed = {MANIFEST, *json.loads(files[MANIFEST])["files"]}
        return {name: data for name, data in files.items() if name in listed}
