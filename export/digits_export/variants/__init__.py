"""Variants: the classifier in other formats and precisions, each proved by a bound of its own.

One file for each (`pt2`, `fp16`, `int8`, `ort`) with the same verbs; `variant` says which they are,
`registry` finds them, `of_subject` and `making` make, judge and time them.
"""

from digits_export.variants.making import Made
from digits_export.variants.of_subject import variants_of
from digits_export.variants.registry import ALL, Wanted, choose, known_files, names

__all__ = ["ALL", "Made", "Wanted", "choose", "known_files", "names", "variants_of"]
