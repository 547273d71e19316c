"""What a variant must keep, measured against the trained net in float64 on canvases of its data.

A file that computes in float32 is bound as every float32 engine is: by the errors of PyTorch's own.
Half precision is bound by the same errors times what its mantissa is shorter, so labels may flip
only near ties. Eight-bit integers have no such measure: there what counts are the labels.
"""

from dataclasses import dataclass
from math import ceil, isfinite

from digits_export.precision import RESOLUTION, TYPICAL_FACTOR, WORST_FACTOR
from digits_export.variants.judge import Judged

# float16 keeps 10 bits of the mantissa, float32 23.
HALF = 2.0**13


@dataclass(frozen=True)
class Bound:
    """The bound of a variant; what is None isn't looked at.

    Attributes:
        coarseness: How many times larger than float32's the errors may be; a label may flip only
            where float64's best two logits are closer than twice the largest allowed error.
        drop: By how much the share of right labels may fall.
        flips: The share of labels that may differ from float64's.
    """

    coarseness: float | None = None
    drop: float | None = None
    flips: float | None = None

    def broken(self, judged: Judged, eager: Judged) -> list[str]:
        """In which ways a variant leaves the bound; empty if it passes.

        Args:
            judged: The variant.
            eager: PyTorch's float32 on the same canvases.
        """
        if not judged.compared:
            return ["nothing was compared"]
        reasons = self._errors(judged, eager) if self.coarseness else _infinite(judged)
        lost = 0 if judged.right is None else (judged.true_right or 0) - judged.right
        if self.drop is not None and lost > _some(self.drop, judged.compared):
            reasons.append(f"accuracy falls by {lost / judged.compared:.2%}, over {self.drop:.2%}")
        if self.flips is not None and judged.flips > _some(self.flips, judged.compared):
            reasons.append(
                f"{judged.flips} of {judged.compared:,} labels flip, over {self.flips:.2%}"
            )
        return reasons

    def _errors(self, judged: Judged, eager: Judged) -> list[str]:
        coarseness = self.coarseness or 0.0
        reasons = []
        for output, error in judged.errors.items():
            own, floor = eager.errors[output], RESOLUTION * max(1.0, error.largest)
            worst = coarseness * max(floor, WORST_FACTOR * own.worst)
            typical = coarseness * max(floor, TYPICAL_FACTOR * own.typical)
            if not error.worst <= worst:  # NaN, too
                reasons.append(f"{output} are off by {error.worst:.2g}, over {worst:.2g}")
            if not error.typical <= typical:
                reasons.append(f"{output} are off by {error.typical:.2g} (RMS), over {typical:.2g}")
            if output == "logits" and judged.widest > 2 * worst:
                gap = f"{judged.widest:.2g} apart, over {2 * worst:.2g}"
                reasons.append(f"a label flips where the best two logits are {gap}")
        return reasons

    def __str__(self) -> str:
        parts = []
        if self.coarseness == 1.0:
            parts.append(f"errors ≤ {WORST_FACTOR:g}× (RMS {TYPICAL_FACTOR:g}×) float32's")
        elif self.coarseness:
            times = f"{WORST_FACTOR:g}× (RMS {TYPICAL_FACTOR:g}×) float32's × {self.coarseness:g}"
            parts.append(f"errors ≤ {times}")
        if self.drop is not None:
            parts.append(f"accuracy falls ≤ {self.drop:.2%}")
        if self.flips is not None:
            parts.append(f"flips ≤ {self.flips:.2%}")
        return ", ".join(parts)


def _some(share: float, compared: int) -> int:
    """A share of the canvases; one of few, since less than one can't be measured."""
    return max(1, ceil(share * compared - 1e-9))


def _infinite(judged: Judged) -> list[str]:
    return [
        f"{output} are not finite"
        for output, error in judged.errors.items()
        if not isfinite(error.worst)
    ]
