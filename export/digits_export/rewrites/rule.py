"""What every rule is: a pattern, when it fits, and what is written in its place."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import onnx_ir
from onnxscript.rewriter import MatchResult, RewriteRule, RewriteRuleClassBase

#: The values of a match, by the names that the pattern gives them.
Found = Mapping[str, onnx_ir.Value]


class Rule(RewriteRuleClassBase, ABC):
    """One way of rewriting; `pattern` says what to look for."""

    @abstractmethod
    def fits(self, found: Found) -> bool:
        """Whether a match of the pattern is what the rule takes it for, and gains by it."""

    @abstractmethod
    def write(self, op: Any, found: Found) -> Any:
        """The nodes in its place, made by `op`; returns their output."""

    def check(self, *_: Any, **found: Any) -> MatchResult:
        """What the library asks: `fits`."""
        result = MatchResult()
        return result if self.fits(found) else result.fail(f"{type(self).__name__}: doesn't fit")

    def rewrite(self, op: Any, *_: Any, **found: Any) -> Any:
        """What the library asks: `write`."""
        return self.write(op, found)

    def bound(self) -> RewriteRule:
        """The rule as the library applies it."""
        return RewriteRule(self.pattern, self.rewrite, self.check, name=type(self).__name__)
