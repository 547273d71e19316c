"""The model that ships reads the images that ship."""

import csv
import json
import subprocess
import sys
from pathlib import Path

IMAGES = Path(__file__).parents[2] / "samples" / "images"


def test_the_default_model_reads_the_sample_images() -> None:
    rows = csv.DictReader((IMAGES / "labels.csv").read_text().splitlines())
    truth = {str(IMAGES / row["file"]): row["label"] for row in rows}
    command = [sys.executable, "-m", "digits", "infer", IMAGES, "--format", "jsonl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    results = {r["path"]: r for r in map(json.loads, done.stdout.splitlines())}
    assert results.keys() == truth.keys()
    assert [path for path, result in results.items() if "error" in result] == []
    wrong = {
        path: results[path]["label"] for path in truth if results[path]["label"] != truth[path]
    }
    right = 1 - len(wrong) / len(truth)
    assert right >= 0.95, f"{right:.1%} of {len(truth)} right; read wrongly: {wrong}"
