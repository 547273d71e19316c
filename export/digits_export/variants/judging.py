"""Judging variants: beside float64 on real canvases, by the clock, and for devices to repeat."""

from collections.abc import Mapping
from dataclasses import replace

from digits_export.engines import Engine, Outputs, Torch, truth
from digits_export.variants import timing
from digits_export.variants.engine import OneThread
from digits_export.variants.goldens import Arrays, Held, as_here, near_float64, unfused
from digits_export.variants.judge import Ballot, Judged, answer, judge
from digits_export.variants.row import Row, verdict
from digits_export.variants.variant import Source, Variant

# Canvases on which plain and fused kernels are compared.
_COMPARED = 1000


def goldens_file(name: str) -> str:
    """Name of the file with a variant's own answers to the goldens."""
    return f"goldens.{name}.npz"


class Judging:
    """Judges files one by one; float64 and float32 answer once.

    Attributes:
        ballot: What is judged on.
        own: Contents of the files with variants' own answers to the goldens, by name.
    """

    def __init__(
        self, source: Source, ballot: Ballot, goldens: Arrays, float32: Mapping[str, float]
    ) -> None:
        self.ballot = ballot
        self.own: dict[str, bytes] = {}
        self._graph = source.graph
        self._goldens = goldens
        self._float32 = {name: float32[name] for name in ("logits", "probabilities")}
        self._truth = answer(truth(source.graph), ballot)
        eager = Torch("torch float32", source.graph.module, source.graph.outputs)
        self._eager = self._judged(answer(eager, ballot))
        base = OneThread("ONNX Runtime float32", source.onnx, source.graph)
        self._engines: dict[str, Engine] = {"float32": base}
        judged = self._judged(answer(base, ballot))
        size = len(source.onnx)
        self._base = Row("float32", "model.onnx", "proved above", size, judged)

    def row(self, variant: Variant, data: bytes) -> Row:
        """Judge one file."""
        engine = variant.load(data, self._graph)
        judged = self._judged(answer(engine, self.ballot))
        reasons = variant.bound.broken(judged, self._eager)
        held = self._held(variant, data, engine)
        reasons += held.reasons
        own = None
        if held.own is not None and not reasons:
            own = goldens_file(variant.name)
            self.own[own] = held.own
        if not reasons:
            self._engines[variant.name] = engine
        return Row(
            variant=variant.name,
            file=variant.file,
            bound=str(variant.bound),
            bytes=len(data),
            judged=judged,
            reasons=tuple(reasons),
            failed=bool(reasons),
            tolerance=held.tolerance,
            goldens=own,
        )

    def _held(self, variant: Variant, data: bytes, engine: Engine) -> Held:
        """What devices hold the variant against."""
        if variant.bound.coarseness == 1.0:
            return Held(self._float32)
        if variant.bound.coarseness:
            return near_float64(engine, self._goldens)
        plain = unfused(data, variant.file, engine, self._graph)
        return as_here(engine, plain, self._goldens, self.ballot.canvases[:_COMPARED])

    def timed(self, rows: list[Row], purposes: Mapping[str, str]) -> list[Row]:
        """model.onnx and the rows, those that passed with times and verdicts."""
        batch = min(timing.BATCH, self.ballot.batch)
        times = timing.measure(self._engines, self.ballot.canvases, batch)
        base = replace(self._base, times=times["float32"])
        timed = [replace(row, times=times.get(row.variant)) for row in rows]
        return [base, *(replace(r, verdict=verdict(r, base, purposes[r.variant])) for r in timed)]

    def _judged(self, found: Outputs) -> Judged:
        return judge(self._truth, found, self.ballot.labels)
