"""Replaying a bundle's goldens: does it answer here as the trained net did in float64?"""

from digits.goldens.check import Check
from digits.goldens.replaying import Part, replay, replay_parts

__all__ = ["Check", "Part", "replay", "replay_parts"]
