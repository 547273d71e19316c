"""The proof of a bundle: every part of it, and whether all of them hold."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from digits_export.carried import Carried
from digits_export.chain import Stage
from digits_export.parity import Comparison
from digits_export.precision import Labels, Precision
from digits_export.subject import Subject

Row = tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """How an export compares with the trained net.

    Attributes:
        subject: The net.
        real: What its classifier was compared on that isn't made up: "test set" or "goldens".
        carried: Whether the files hold the trained numbers.
        precisions: The classifier: one for each population, engine and output.
        labels: The classifier's labels: one for each population and engine.
        comparisons: The front end, and both as one: one for each engine and output.
        stages: From a file's bytes to its label, through what ships.
    """

    subject: Subject
    real: str
    carried: tuple[Carried, ...]
    precisions: tuple[Precision, ...]
    labels: tuple[Labels, ...]
    comparisons: tuple[Comparison, ...]
    stages: tuple[Stage, ...]

    @property
    def passed(self) -> bool:
        """Whether every part was looked at, and everything passed."""
        parts = (self.carried, self.precisions, self.labels, self.comparisons, self.stages)
        return all(part and all(item.passed for item in part) for part in parts)

    def failures(self) -> list[str]:
        """What didn't pass, in a few words each."""
        found = [
            *(f"{c.file} lacks {c.missing[0]}" for c in self.carried if not c.passed),
            *(f"model {p.output} in {p.engine}" for p in self.precisions if not p.passed),
            *(f"model labels in {item.engine}" for item in self.labels if not item.passed),
            *(f"{c.graph} {c.output} in {c.engine}" for c in self.comparisons if not c.passed),
            *(f"{s.name} from file to label" for s in self.stages if not s.passed),
        ]
        return list(dict.fromkeys(found))


@dataclass(frozen=True)
class Table:
    """A part of the proof for people."""

    title: str
    head: Row
    rows: tuple[Row, ...]


def tables(proof: Proof) -> Iterable[Table]:
    """The whole proof as tables."""
    yield Table(
        "The trained numbers in the files, bit for bit",
        ("file", "tensors", "missing", ""),
        tuple((c.file, str(c.tensors), _few(c.missing), _folds(c)) for c in proof.carried),
    )
    yield Table(
        "The classifier, in times the error of PyTorch's float32 (and absolutely)",
        ("canvases", "engine", "output", "inputs", "worst", "typical", ""),
        tuple(map(_precision, proof.precisions)),
    )
    yield Table(
        "Its labels",
        ("canvases", "engine", "inputs", "flips", "undecided", "flips there", "margin", ""),
        tuple(map(_labels, proof.labels)),
    )
    yield Table(
        "What takes images",
        ("graph", "engine", "output", "inputs", "worst", "typical", "allowed", "", ""),
        tuple(map(_comparison, proof.comparisons)),
    )
    yield Table(
        "From a file's bytes to its label, runtime against torch",
        ("stage", "files", "worst", "typical", "allowed", "", ""),
        tuple(map(_stage, proof.stages)),
    )


def summary(proof: Proof) -> Iterable[Table]:
    """The proof without what only bounds it: PyTorch's own float32."""
    eager = next((item.engine for item in proof.precisions), "")
    for table in tables(proof):
        yield Table(table.title, table.head, tuple(row for row in table.rows if eager not in row))


def _precision(p: Precision) -> Row:
    worst = f"{_times(p.worst, p.eager_worst)} ({p.worst:.1e})"
    typical = f"{_times(p.typical, p.eager_typical)} ({p.typical:.1e})"
    verdict = "ok" if p.close else "ok, as float32 is expected" if p.passed else _verdict(p.passed)
    return (p.population, p.engine, p.output, f"{p.compared:,}", worst, typical, verdict)


def _times(value: float, eager: float) -> str:
    return f"{value / eager:.2f}×" if eager else "-"


def _labels(item: Labels) -> Row:
    return (
        item.population,
        item.engine,
        f"{item.compared:,}",
        str(item.flips),
        str(item.undecided),
        str(item.undecided_flips),
        f"{item.margin:.2%}",
        _verdict(item.passed),
    )


def _comparison(c: Comparison) -> Row:
    verdict = "ok" if c.passed else f"FAILED at {c.case}"
    verdict = verdict if c.compared else "none decided"
    figures = (f"{c.worst:.2g}", f"{c.typical:.2g}", f"{c.allowed:.2g}")
    return (c.graph, c.engine, c.output, str(c.compared), *figures, c.unit, verdict)


def _stage(s: Stage) -> Row:
    figures = (f"{s.worst:.2g}", f"{s.typical:.2g}", f"{s.allowed:.2g}")
    return (s.name, str(s.compared), *figures, s.unit, _verdict(s.passed))


def _folds(c: Carried) -> str:
    return "folded with batch norms" if c.passed and c.missing else _verdict(c.passed)


def _few(names: Sequence[str]) -> str:
    if not names:
        return "none"
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def _verdict(passed: bool) -> str:
    return "ok" if passed else "FAILED"


def margins(proof: Proof) -> Mapping[str, float]:
    """For each engine the share of real inputs whose label no error that was seen could change."""
    return {item.engine: item.margin for item in proof.labels if item.population == proof.real}
