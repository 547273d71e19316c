"""The samples of a cluster: each runs, and answers the goldens."""

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier
from digits.bundle import open_bundle
from digits.goldens.reading import read_goldens

RAY = Path(__file__).parents[3] / "samples" / "ray"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# Ray's own command would leave a cluster behind where it is killed.
SERVING = """
import logging, os, sys, ray
from ray import serve
ray.init(
    "local", num_cpus=2, object_store_memory=100_000_000, include_dashboard=False,
    log_to_driver=False, logging_level=logging.CRITICAL,
)
serve.start(http_options={"host": "127.0.0.1", "port": int(sys.argv[1])})
from serve_digits import app
serve.run(app)
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Where the sample answers."""
    for name in ("ray", "starlette", "grpc_reflection"):
        if find_spec(name) is None:
            pytest.skip(f"needs {name}: run: pip install 'ray[serve]'")
    port = free_port()
    quiet = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_memory_monitor_refresh_ms": "0"}
    # The replicas import the sample as the driver does.
    lead = os.pathsep.join(filter(None, (str(RAY), os.environ.get("PYTHONPATH"))))
    with subprocess.Popen(
        [sys.executable, "-c", SERVING, str(port)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, **quiet, "PYTHONPATH": lead},
        text=True,
    ) as server:
        told = iter(server.stdout.readline, "")
        assert any(line == "ready\n" for line in told), server.stderr.read()
        yield f"http://127.0.0.1:{port}/"
        server.kill()


def post(url: str, body: bytes) -> tuple[int, dict]:
    request = urllib.request.Request(url, body)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_ray_serve_answers_the_goldens(url: str) -> None:
    classifier = Classifier.load("lenet", provider="cpu")
    compared = 0
    for image in read_goldens(open_bundle("lenet")).images:
        for file in (file for file in image.files if not file.lossy):
            status, answer = post(url, file.data)
            here = classifier.predict(file.data)
            assert (status, answer["label"]) == (200, here.label)
            assert np.abs(answer["probabilities"] - here.probabilities).max() <= 1e-4
            compared += 1
    assert compared == 15


def test_ray_serve_refuses_what_is_no_image(url: str) -> None:
    assert post(url, b"not an image") == (
        400,
        {"error": "not an image: none of the known formats"},
    )
    assert post(url, b"x" * 20_000_001)[0] == 413


def test_a_local_job() -> None:
    if find_spec("ray") is None:
        pytest.skip("needs Ray: run: pip install 'digits-edge[ray]'")
    command = [sys.executable, RAY / "local.py"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    first, second = done.stdout.splitlines()
    assert first == "76 images in 4 files:"
    assert second.startswith("0: ")


@pytest.mark.parametrize("name", ["cluster.yaml", "rayjob.yaml"])
def test_descriptions_of_clusters_can_be_read(name: str) -> None:
    yaml = pytest.importorskip("yaml", reason="needs PyYAML: it comes with 'digits-edge[ray]'")
    described = yaml.safe_load((RAY / name).read_text())
    nodes = described.get("available_node_types") or described["spec"]["rayClusterSpec"]
    assert len(nodes) >= 2
