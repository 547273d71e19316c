"""The smallest program around the runtime works as it stands."""

import subprocess
import sys
from pathlib import Path

SAMPLES = Path(__file__).parents[2] / "samples"


def embed(*files: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-W", "error", SAMPLES / "embed.py", *files]
    return subprocess.run(command, capture_output=True, text=True, check=True)


def test_embed_reads_the_digits() -> None:
    files = [SAMPLES / "images" / f"{name}.png" for name in ("4-screen-280", "2-screen-corner")]
    lines = embed(*files).stdout.splitlines()
    answers = [line.rpartition(": ")[2].split()[0] for line in lines]
    assert answers == ["4", "2"]


def test_embed_goes_on_after_a_file_that_is_no_image(tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_text("no image")
    done = embed(broken, SAMPLES / "images" / "3-screen-280-light.png")
    assert "broken.png" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "3-screen-280-light.png: 3 " in done.stdout


def test_embed_is_a_dozen_lines() -> None:
    assert len((SAMPLES / "embed.py").read_text().splitlines()) <= 16
