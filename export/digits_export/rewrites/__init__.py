"""The same classifier in a form that ONNX Runtime computes faster.

The exporter writes what the module says, operation by operation. These rules keep its input, its
outputs and the trained numbers, and change where the time goes. None knows a network by name:

- `phases`: a convolution of few channels and the pooling after it, as one with four times the
  channels and the largest (or the mean) of four;
- `covering`: a convolution that covers its whole input, as a matrix product;
- `normalising`: scaling and normalising, as part of the first convolution's weights.

What no rule fits stays as it was exported.
"""

from itertools import product

from onnx_ir.passes.common import ClearMetadataAndDocStringPass, RemoveUnusedNodesPass
from onnxscript.rewriter.pattern import RewriteRuleSet

from digits_export.onnx import numbered, parsed
from digits_export.rewrites.covering import CoveringConvolution
from digits_export.rewrites.normalising import NormalisedConvolution
from digits_export.rewrites.phases import PooledConvolution
from digits_export.rewrites.rule import Rule

# Elementwise and without attributes. ONNX Runtime computes them with the layer before them.
_ACTIVATIONS = (None, "Relu", "Sigmoid", "Tanh")
_POOLS = ("MaxPool", "AveragePool")

_LAYOUTS: tuple[Rule, ...] = (
    *(PooledConvolution(*found) for found in product(_ACTIVATIONS, _POOLS)),
    *map(CoveringConvolution, _ACTIVATIONS),
)
# After the layouts: weights that nodes compute can't be laid out.
_FOLDS: tuple[Rule, ...] = tuple(NormalisedConvolution(bordered=so) for so in (False, True))


def rewritten(model: bytes) -> bytes:
    """A classifier's ONNX file, rewritten where a rule fits.

    Args:
        model: Contents of the file that the exporter wrote.

    Returns:
        Contents of a file with the same input and outputs, and the same trained numbers, some of
        them in another layout.
    """
    graph = parsed(model)
    steps = [RewriteRuleSet([rule.bound() for rule in rules]) for rules in (_LAYOUTS, _FOLDS)]
    if not sum(step.apply_to_model(graph) for step in steps):
        return model
    RemoveUnusedNodesPass()(graph)
    ClearMetadataAndDocStringPass()(graph)  # where the library leaves the rules' names
    return numbered(graph)


__all__ = ["rewritten"]
