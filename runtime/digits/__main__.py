"""`python -m digits` is `digits`."""

from digits.program import digits

digits()
