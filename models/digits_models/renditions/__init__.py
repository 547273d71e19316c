"""Training images drawn anew: other pens, other papers, damage, and what is no digit at all.

Drawn once and kept, since drawing an image costs more than learning from it.
"""
