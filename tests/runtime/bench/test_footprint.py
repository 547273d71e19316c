import sys
import time
from pathlib import Path

import pytest

from digits.bench import child
from digits.bench.footprint import Footprint

needs_proc = pytest.mark.skipif(
    not Path("/proc/self/smaps_rollup").exists(), reason="needs Linux's /proc/self/smaps_rollup"
)


@needs_proc
def test_processes_are_added() -> None:
    hold = "import time; b = bytearray(30_000_000); b[::4096] = bytes(len(b[::4096]));"
    code = (
        f"import subprocess, sys; {hold} "
        f"p = subprocess.Popen([sys.executable, '-c', '{hold} time.sleep(1)']); p.wait()"
    )
    footprint = Footprint()
    ended = child.run([sys.executable, "-c", code], watch=footprint.watch)
    assert 60_000_000 < footprint.most < 120_000_000
    assert ended.memory < 60_000_000


def test_a_session_that_has_ended_holds_nothing() -> None:
    footprint = Footprint()
    footprint.watch(2**30 + int(time.time()) % 1000)
    assert footprint.most == 0
