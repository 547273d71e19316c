"""The golden files are what their script writes, as far as encoders agree."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digits.images import load_pixels

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "export" / "digits_export" / "golden_images"
# Writes beside a copy of the images, not over those that are committed.
WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import encode_goldens
encode_goldens.GOLDENS = Path(sys.argv[2])
encode_goldens.ENCODED = Path(sys.argv[2]) / "encoded"
encode_goldens.main()
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("goldens")
    for file in COMMITTED.glob("*.png"):
        (folder / file.name).write_bytes(file.read_bytes())
    command = [sys.executable, "-c", WRITE, ROOT / "samples", folder]
    subprocess.run(command, check=True, cwd=folder, capture_output=True)
    return folder / "encoded"


def test_script_writes_the_committed_files(written: Path) -> None:
    committed = sorted((COMMITTED / "encoded").iterdir())
    assert [file.name for file in sorted(written.iterdir())] == [file.name for file in committed]
    for file in committed:
        fresh = load_pixels(written / file.name).astype(float)
        # Another encoder may write other bytes, but not other pixels, or hardly.
        allowed = 4 if "lossy" in file.name else 0
        assert np.abs(fresh - load_pixels(file)).mean() <= allowed, file.name
