"""What the Ray engine costs beside the pipeline of one machine: python samples/ray/measure.py.

Both engines read the same folders of small PNGs with two workers, as whole commands and in
alternation: one image, which is the start, and many. What an image costs is the difference. Needs
/proc, where the processor time of all processes is read that a command starts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from digits.bench.folders import small

ENGINES = ("local", "ray")
TICKS = 100  # of a second, as /proc counts on Linux


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--workers", type=int, default=2)
    asked = parser.parse_args()
    taken: dict[tuple[str, int], list[tuple[float, float]]] = {}
    with TemporaryDirectory() as folder:
        folders = {count: small(Path(folder), count) for count in (1, asked.images)}
        for number in range(asked.rounds):
            for count, images in folders.items():
                for engine in ENGINES:
                    out = Path(folder) / f"{engine}-{count}-{number}"
                    times = measured(command(engine, images, out, asked.workers))
                    taken.setdefault((engine, count), []).append(times)
                    print(engine, count, "{:.2f} s wall, {:.2f} s cpu".format(*times), flush=True)
    print(json.dumps({engine: told(taken, engine, asked.images) for engine in ENGINES}, indent=2))


def command(engine: str, images: Path, out: Path, workers: int) -> list[str]:
    job = ["infer", str(images), "--format", "jsonl", "--output", str(out)]
    common = ["--workers", str(workers), "--provider", "cpu", "--engine", engine]
    return [sys.executable, "-m", "digits", *job, *common]


def told(
    taken: dict[tuple[str, int], list[tuple[float, float]]], engine: str, count: int
) -> dict[str, float]:
    """Medians: seconds of the start, and microseconds for each further image."""
    start, whole = (
        [statistics.median(times) for times in zip(*taken[engine, number], strict=True)]
        for number in (1, count)
    )
    wall, cpu = ((whole[i] - start[i]) / (count - 1) * 1e6 for i in (0, 1))
    return {"start s": start[0], "start cpu s": start[1], "image us": wall, "image cpu us": cpu}


def measured(command: list[str]) -> tuple[float, float]:
    """Wall and processor seconds of a command and of all processes that come of it."""
    started = time.perf_counter()
    with subprocess.Popen(command) as running:
        spent: dict[int, int] = {running.pid: 0}
        while running.poll() is None:
            look(spent)
            time.sleep(0.05)
    if running.returncode:
        sys.exit(f"{' '.join(command)} ended with {running.returncode}")
    return time.perf_counter() - started, sum(spent.values()) / TICKS


def look(spent: dict[int, int]) -> None:
    """Note what each descendant has used so far; those that have ended keep their last figure."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        found[int(entry.name)] = int(fields[1]), int(fields[11]) + int(fields[12])
    new = True
    while new := {pid for pid, (parent, _) in found.items() if parent in spent} - spent.keys():
        spent.update(dict.fromkeys(new, 0))
    for pid in spent.keys() & found.keys():
        spent[pid] = found[pid][1]


if __name__ == "__main__":
    main()
