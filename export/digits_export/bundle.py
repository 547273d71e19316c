"""From a trained network to a bundle on disk: export every graph, prove it, write it whole."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path

from digits.bundle import FRONT, GOLDENS, IMAGE, MANIFEST, MODEL
from digits.errors import ModelError, ParityError
from digits.manifest import SEAL, seal
from digits_export import directory, fronts, goldens, manifest, onnx, torchscript
from digits_export.compose import chain
from digits_export.graphs import Graph, graphs
from digits_export.proof import Proof
from digits_export.prover import Prover
from digits_export.report import proof_record, report
from digits_export.rewrites import rewritten
from digits_export.subject import Subject
from digits_export.variants import Made, Wanted, known_files, variants_of
from digits_export.variants import report as variants_report

PROOF = "proof.json"
REPORT = "report.md"
# All that a bundle can have; a directory with more than that isn't overwritten.
_OURS = frozenset(
    {MODEL, FRONT, IMAGE, GOLDENS, MANIFEST, PROOF, REPORT}
    | {f"{name}{torchscript.SUFFIX}" for name in ("model", "image")}
    | known_files()
)

# Larger networks get no image.*: it would hold the same weights again.
_LARGEST_COMBINED = 50_000_000  # bytes of weights

Report = Callable[[str], None]
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Bundled:
    """What an export has made.

    Attributes:
        directory: Where the bundle is.
        sizes: Bytes of its files, by name.
        proof: How it compares with the trained net.
        variants: What came of the variants that were wanted.
        notes: For people, if it lacks something that they may expect.
    """

    directory: Path
    sizes: Mapping[str, int]
    proof: Proof
    variants: Made
    notes: tuple[str, ...] = ()


def export(
    subject: Subject,
    out: Path,
    *,
    opset: int = onnx.OLDEST_OPSET,
    light: bool = False,
    fresh: bool = False,
    wanted: Wanted = Wanted(),  # noqa: B008 - it is frozen
    progress: Report = lambda _: None,
) -> Bundled:
    """Export a classifier, prove the export equal to it, and write the bundle.

    Args:
        subject: The classifier.
        out: Directory to write; an older bundle there is replaced once the new one is whole.
        opset: Version of ONNX's operators.
        light: Write only what the runtime reads.
        fresh: Trace the front end in any case (see `digits_export.fronts`).
        wanted: The variants to add; one that leaves its bound isn't written.
        progress: Is told what happens next.

    Raises:
        InputError: A variant that was asked for by name lacks something.
        UsageError: `out` holds something else, or the opset can't be written.
        ModelError: The network can't be exported.
        ParityError: The export doesn't answer as the trained net; `out` is as it was.
        OutputError: `out` can't be written; it is as it was.
    """
    onnx.check_opset(opset)
    directory.check_replaceable(out, MANIFEST, _OURS)
    several = graphs(subject)
    combined = _weight_bytes(several["model"]) <= _LARGEST_COMBINED
    names = [name for name in several if combined or name != "image"]
    progress("exporting TorchScript")
    exported, notes = _scripts([several[name] for name in names])
    progress("exporting ONNX")
    exported |= _graphs(several, exported, names, opset, fresh=fresh, progress=progress)
    progress("answering the goldens in float64")
    prover = Prover(subject, several, exported)
    made = variants_of(
        wanted,
        subject,
        several["model"],
        exported[MODEL],
        goldens=prover.goldens,
        tolerance=prover.tolerance,
        progress=progress,
    )
    progress("comparing with float64")
    kept = _kept(exported, light=light) | dict(made.files)
    kept[GOLDENS] = goldens.serialise(prover.goldens)
    front = exported.get(f"front{torchscript.SUFFIX}")
    described = made.described(
        manifest.describe(subject, prover.tolerance, fronts.digest(front) if front else None, kept)
    )
    kept[MANIFEST] = _sealed(described)
    proof = prover.prove(kept)
    if not proof.passed:
        raise ProofFailedError(proof)
    if not light:
        kept[PROOF] = _json(proof_record(proof) | made.record)
        kept[REPORT] = (report(proof, described) + variants_report.section(made)).encode()
    progress("writing")
    directory.check_replaceable(out, MANIFEST, _OURS)  # some time has passed
    directory.replace(out, kept)
    sizes = {name: len(data) for name, data in kept.items()}
    return Bundled(out, sizes, proof, made, notes)


class ProofFailedError(ParityError):
    """The export differs from the trained net; `proof` says where."""

    def __init__(self, proof: Proof) -> None:
        super().__init__(
            f"{proof.subject.name}: the export differs from the trained net "
            f"({', '.join(proof.failures())}): no bundle was written"
        )
        self.proof = proof


def _scripts(several: Iterable[Graph]) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """What TorchScript can express; it is deprecated upstream, and much of today's code is beyond.

    Failing costs a bundle its .pt files, which is told, but nothing else.
    """
    files, notes = {}, []
    for graph in several:
        try:
            files[graph.name + torchscript.SUFFIX] = torchscript.save(graph)
        except ModelError as error:
            notes.append(f"without {graph.name}{torchscript.SUFFIX}: {error}")
    return files, tuple(notes)


def _graphs(
    several: Mapping[str, Graph],
    scripts: Files,
    names: Sequence[str],
    opset: int,
    *,
    fresh: bool,
    progress: Report,
) -> dict[str, bytes]:
    """The graphs of these names in ONNX."""
    front = fronts.save(
        several["front"],
        scripts.get(f"front{torchscript.SUFFIX}"),
        opset,
        fresh=fresh,
        tracing=lambda: progress("tracing the front end, which takes a while and is kept"),
    )
    files = {FRONT: front, MODEL: rewritten(onnx.save(several["model"], opset))}
    if "image" in names:
        files[IMAGE] = chain(front, files[MODEL], several["image"].outputs)
    return files


def _kept(exported: Files, *, light: bool) -> dict[str, bytes]:
    """The front end in TorchScript alone is of no use to anyone: image.torchscript.pt holds it."""
    if light:
        names = [f"model{onnx.SUFFIX}", f"front{onnx.SUFFIX}"]
    else:
        names = [name for name in exported if name != f"front{torchscript.SUFFIX}"]
    return {name: exported[name] for name in names}


def _weight_bytes(graph: Graph) -> int:
    return sum(value.numel() * value.element_size() for value in graph.module.parameters())


def _sealed(described: Mapping[str, object]) -> bytes:
    """The manifest with its own digest, taken of what a reader gets."""
    fields = json.loads(_json(described))
    return _json(fields | {SEAL: seal(fields)})


def _json(value: object) -> bytes:
    text = json.dumps(_finite(value), indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode()


def _finite(value: object) -> object:
    """The value with infinities and NaN as texts: JSON has none, and records may hold any."""
    if isinstance(value, Mapping):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    return str(value) if isinstance(value, float) and not isfinite(value) else value
