"""Test sets that are made, not downloaded: corrupted, re-rendered, and things that are no digit.

`python -m digits_models.trials SET OUT` writes one as images and a `labels.csv`, so that
`digits eval BUNDLE OUT` measures each of its kinds. Needs `digits-edge[export,trials]`.
"""
