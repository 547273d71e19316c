"""Bundles as a model repository of NVIDIA's Triton Inference Server.

Four models for each bundle: `NAME_front` and `NAME_classifier` are the bundle's two graphs, byte
for byte, and `NAME` is Triton's ensemble of both, with the signature of image.onnx; `NAME_canvas`
is a part of it that Triton's way of leaving out steps makes necessary (see `config`). `config` says
what each is told, `text` writes it down, `check` refuses what Triton would refuse when it starts,
and `repository` puts the files in their places, all of them or none.
"""

from digits_export.triton.check import check
from digits_export.triton.repository import Repository, check_replaceable, repository, write

__all__ = ["Repository", "check", "check_replaceable", "repository", "write"]
