"""The networks of digits-edge, the data sets they learn from, and how they are trained.

Everything needs torch (`pip install 'digits-edge[export]'`), so nothing is imported until it is
used: `from digits_models import registry`, `from digits_models import weights`.
"""
