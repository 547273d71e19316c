"""What breaks a bound, and what is said then."""

import numpy as np
import pytest

from digits_export.variants.bound import HALF, Bound
from digits_export.variants.judge import Error, Judged, judge


def judged(worst=1e-6, typical=1e-7, compared=10_000, right=9_900, flips=0, widest=0.0):
    error = Error(worst, typical, 10.0)
    errors = {"logits": error, "probabilities": Error(worst, typical, 1.0)}
    return Judged(compared, right, 9_900, flips, widest, errors)


EAGER = judged(worst=1e-5, typical=1e-6)
FLOAT32 = Bound(coarseness=1.0)
FP16 = Bound(coarseness=HALF, drop=0.0005)
INT8 = Bound(drop=0.003, flips=0.01)


@pytest.mark.parametrize(
    ("bound", "found", "reasons"),
    [
        (FLOAT32, judged(4e-5), []),
        (FLOAT32, judged(4.1e-5), ["logits are off by 4.1e-05, over 4e-05"]),
        (FLOAT32, judged(float("nan")), ["logits are off by nan, over 4e-05"]),
        (FLOAT32, judged(1e-5, 5.1e-6), ["logits are off by 5.1e-06 (RMS), over 4.8e-06"]),
        (FLOAT32, judged(widest=7e-5, flips=1), []),
        (FP16, judged(0.3, 1e-2), []),
        (FP16, judged(0.4, 1e-2), ["logits are off by 0.4, over 0.33"]),
        (FP16, judged(0.1, 1e-2, right=9_895), []),
        (FP16, judged(0.1, 1e-2, right=9_894), ["accuracy falls by 0.06%, over 0.05%"]),
        (INT8, judged(2.0, 1.0, right=9_870, flips=100, widest=3.0), []),
        (INT8, judged(2.0, 1.0, right=9_869), ["accuracy falls by 0.31%, over 0.30%"]),
        (INT8, judged(flips=101), ["101 of 10,000 labels flip, over 1.00%"]),
        (INT8, judged(float("inf")), ["logits are not finite", "probabilities are not finite"]),
        (INT8, judged(compared=0), ["nothing was compared"]),
        # Of few canvases one may always go.
        (INT8, judged(compared=50, right=9_899, flips=1), []),
    ],
)
def test_reasons(bound, found, reasons):
    told = bound.broken(found, EAGER)
    assert [reason for reason in told if "probabilities" not in reason or reason in reasons] == (
        reasons
    )


def test_a_wide_flip_breaks_a_bound_on_errors():
    (reason,) = FLOAT32.broken(judged(flips=1, widest=9e-5), EAGER)
    assert reason == "a label flips where the best two logits are 9e-05 apart, over 8e-05"


def test_judging_counts_flips_by_probabilities():
    logits = np.array([[3.0, 1.0, 0.0], [0.0, 2.0, 1.5], [1.0, 0.0, 5.0]])
    truth = {"logits": logits, "probabilities": logits / 10}
    found = {"logits": logits + 0.25, "probabilities": logits[:, [0, 2, 1]] / 10}
    result = judge(truth, found, np.array([0, 1, 0]))
    assert (result.compared, result.right, result.true_right, result.flips) == (3, 1, 2, 2)
    assert result.widest == 4.0
    assert result.errors["logits"] == Error(0.25, 0.25, 5.0)
    assert result.accuracy == pytest.approx(1 / 3)


def test_other_shapes_are_infinitely_wrong():
    truth = {"logits": np.eye(3), "probabilities": np.eye(3)}
    found = {"logits": np.eye(2), "probabilities": np.eye(2)}
    result = judge(truth, found, None)
    assert (result.flips, result.right, result.errors["logits"].worst) == (3, None, np.inf)
