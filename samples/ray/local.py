"""A folder job on a cluster of this machine's own, with two workers: python samples/ray/local.py.

Reads the sample images, and tells what Parquet says about them.
"""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

from pyarrow import parquet

IMAGES = Path(__file__).parents[1] / "images"

with TemporaryDirectory() as folder:
    out = Path(folder) / "answers"
    job = ["infer", str(IMAGES), "--engine", "ray", "--workers", "2", "--block-size", "20"]
    command = [sys.executable, "-m", "digits", *job, "--format", "parquet", "--output", str(out)]
    subprocess.run(command, check=True)
    answers = parquet.read_table(out)
    labels = Counter(answers["label"].to_pylist())
    print(f"{answers.num_rows} images in {len(list(out.glob('part-*')))} files:")
    print(", ".join(f"{label or 'no label'}: {labels[label]}" for label in sorted(labels, key=str)))
