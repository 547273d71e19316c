"""Jobs with the tiny model, and one Ray cluster of two cores for all tests."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digits.cluster.actor import BlockReader, Work
from digits.cluster.job import Job
from digits.cluster.model import carried

# Holds a cluster until its stdin ends, and takes all of it along then.
_HEAD = """
import logging, os, sys
os.environ.update(RAY_USAGE_STATS_ENABLED="0", RAY_memory_monitor_refresh_ms="0")
import ray
ray.init(
    "local", num_cpus=2, object_store_memory=100_000_000, include_dashboard=False,
    log_to_driver=False, logging_level=logging.CRITICAL,
)
print(ray.get_runtime_context().gcs_address, flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="session", autouse=True)
def ask_for_a_token() -> Iterator[None]:
    """Whoever connects must have the token that Ray makes; it reads this when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        yield


@pytest.fixture(scope="session")
def address() -> Iterator[str]:
    """Where a cluster of two cores is."""
    if find_spec("ray") is None:
        pytest.skip("needs Ray: run: pip install 'digits-edge[ray]'")
    command = [sys.executable, "-c", _HEAD]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True
    ) as head:
        assert head.stdout is not None
        yield head.stdout.readline().strip()
        head.stdin.close()


@pytest.fixture
def job(tiny: Path, tmp_path: Path) -> Callable[..., Job]:
    """A job of the tiny model that writes to `tmp_path / "out"`."""
    pytest.importorskip("pyarrow", reason="needs Arrow: run: pip install 'digits-edge[ray]'")

    def make(*paths: object, **changes: object) -> Job:
        digest = hashlib.sha256((tiny / "manifest.json").read_bytes()).hexdigest()
        values = {"output": str(tmp_path / "out"), "model": str(tiny), "digest": digest}
        return Job(tuple(map(str, paths)), **(values | {"block_size": 3} | changes))

    return make


@pytest.fixture
def work() -> Callable[[Job], Work]:
    """What an actor is told about a job."""
    from digits.bundle import open_bundle

    return lambda job: Work(job, carried(job.model, open_bundle(job.model)), 256)


@pytest.fixture
def actor(work: Callable[[Job], Work]) -> Iterator[Callable[[Job], BlockReader]]:
    """An actor for a job, in this process."""
    opened: list[BlockReader] = []

    def make(job: Job) -> BlockReader:
        opened.append(BlockReader(work(job)))
        return opened[-1]

    yield make
    for one in opened:
        one.close()


@pytest.fixture
def many(tmp_path: Path, photo: Callable[..., Path]) -> Path:
    """A folder with ten images, one of which can't be read."""
    for i in range(10):
        photo(f"many/{i}.png", 10 + 20 * i, (20, 10))
    (tmp_path / "many" / "4.png").write_text("not an image")
    return tmp_path / "many"


@pytest.fixture
def goldens(tmp_path: Path) -> Callable[[str], tuple[Path, list[str], np.ndarray]]:
    """Writes a model's golden images into a folder; gives it, float64's labels, and the
    probabilities that one process finds (the pixels that it sees may be a grey level off).
    """

    def write(model: str) -> tuple[Path, list[str], np.ndarray]:
        from digits import Classifier
        from digits.bundle import open_bundle
        from digits.goldens.reading import read_goldens

        folder = tmp_path / "goldens"
        folder.mkdir()
        classifier = Classifier.load(model, provider="cpu", abstain=False)
        images = read_goldens(open_bundle(model)).images
        for number, image in enumerate(images):
            Image.fromarray(image.pixels).save(folder / f"{number}.png")
        here = [classifier.predict(image.pixels).probabilities for image in images]
        labels = [classifier.labels[image.probabilities.argmax()] for image in images]
        return folder, labels, np.array(here)

    return write


@pytest.fixture
def storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Address of a bucket in an S3 of this machine's own."""
    server = pytest.importorskip("moto.server", reason="needs moto: pip install 'moto[server,s3]'")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    service = server.ThreadedMotoServer(port=0, verbose=False)
    service.start()
    host, port = service.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    from pyarrow.fs import S3FileSystem

    from digits.cluster import storage

    storage._bucket.cache_clear()
    endpoint = f"{host}:{port}"
    S3FileSystem(
        endpoint_override=endpoint, scheme="http", region="us-east-1", allow_bucket_creation=True
    ).create_dir("bucket")
    yield "s3://bucket"
    storage._bucket.cache_clear()
    service.stop()


@pytest.fixture(autouse=True)
def no_cluster_of_the_callers(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith(("RAY_ADDRESS", "AWS_"))]:
        monkeypatch.delenv(name)
