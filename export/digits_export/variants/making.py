"""Making variants: each is made, judged, timed, and kept if it keeps its bound."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from digits.bundle import runs
from digits.errors import InputError, ModelError
from digits_export.variants.goldens import Arrays
from digits_export.variants.judge import Ballot
from digits_export.variants.judging import Judging
from digits_export.variants.registry import Wanted
from digits_export.variants.row import Row, entry, record
from digits_export.variants.variant import Source

Files = Mapping[str, bytes]


@dataclass(frozen=True)
class Made:
    """What came of the variants that were wanted.

    Attributes:
        files: Contents of the files of those that passed, by name.
        rows: model.onnx, then every wanted variant; empty if none was wanted.
        judged_on: What the canvases are (see `Ballot`).
    """

    files: Files = field(default_factory=dict)
    rows: tuple[Row, ...] = ()
    judged_on: str = ""

    def described(self, manifest: dict[str, Any]) -> dict[str, Any]:
        """The manifest with the field `variants`: the file and its tolerance on the goldens."""
        passed = [row for row in self.rows[1:] if not row.reasons]
        if not passed:
            return manifest
        # Signatures are read from .onnx alone; all variants have that of model.onnx.
        own = manifest["graphs"]["model.onnx"]
        graphs = {row.file: own for row in passed if runs(row.file)} | manifest["graphs"]
        entries = {row.variant: entry(row) for row in passed}
        return manifest | {"graphs": graphs, "variants": entries}

    @property
    def record(self) -> dict[str, Any]:
        """The part of proof.json; nothing without variants."""
        rows = [record(row) for row in self.rows]
        return {"variants": {"judged_on": self.judged_on, "rows": rows}} if rows else {}

    @property
    def left_out(self) -> list[Row]:
        """The variants that could not be made here."""
        return [row for row in self.rows if row.reasons and not row.failed]

    @property
    def failed(self) -> list[Row]:
        """The variants that left their bounds."""
        return [row for row in self.rows if row.failed]


def make(
    wanted: Wanted,
    source: Source,
    ballot: Callable[[], Ballot],
    goldens: Arrays,
    float32: Mapping[str, float],
    progress: Callable[[str], None] = lambda _: None,
) -> Made:
    """Make variants, and judge them against float64.

    Args:
        wanted: Which ones.
        source: What they are made of.
        ballot: Gives what they are judged on; not asked if there is nothing to judge.
        goldens: The bundle's goldens.
        float32: The tolerance of model.onnx on them, by output.
        progress: Is told what happens next.

    Raises:
        InputError: One that was asked for by name lacks something, such as calibration images.
        ModelError: The classifier can't be expressed as one that was asked for by name.
    """
    if not wanted.variants:
        return Made()
    made: dict[str, bytes] = {}
    absent: dict[str, str] = {}
    for variant in wanted.variants:
        progress(f"making {variant.file}")
        try:
            made[variant.name] = variant.save(source)
        except (InputError, ModelError) as error:
            if wanted.named:
                raise
            absent[variant.name] = str(error)
    progress("judging variants")
    judging = Judging(source, ballot(), goldens, float32)
    rows = [
        judging.row(variant, made[variant.name])
        if variant.name in made
        else Row(variant.name, variant.file, str(variant.bound), reasons=(absent[variant.name],))
        for variant in wanted.variants
    ]
    purposes = {variant.name: variant.purpose for variant in wanted.variants}
    timed = judging.timed(rows, purposes)
    files = {row.file: made[row.variant] for row in timed[1:] if not row.reasons}
    files |= {row.goldens: judging.own[row.goldens] for row in timed if row.goldens}
    return Made(files, tuple(timed), judging.ballot.name)
