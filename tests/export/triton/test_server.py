"""The real Triton serves a repository as it is written.

Only its ONNX Runtime backend is replaced (`stand_in/model.py`), since nvidia-pytriton, the one
package with a tritonserver in it, brings the Python backend alone.
"""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import numpy as np
import pytest

STAND_IN = Path(__file__).parent / "stand_in"
PYTHON = os.environ.get("DIGITS_TRITON")
OUTPUTS = ["box", "canvas", "clean", "evidence", "probabilities"]

pytestmark = pytest.mark.skipif(
    PYTHON is None,
    reason="needs $DIGITS_TRITON: a Python with nvidia-pytriton, tritonclient[all] and onnxruntime",
)

WHERE = (
    "import pytriton, sys, sysconfig; print(pytriton.__path__[0], sysconfig.get_path('platlib'), "
    "sysconfig.get_config_var('LIBDIR'), '%d.%d' % sys.version_info[:2], sep='\\n')"
)


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


def surroundings(**more):
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    return {**kept, **more}


@pytest.fixture(scope="module")
def installed():
    """Where pytriton, its libraries and its Python's library are, and that Python's version."""
    found = subprocess.run(
        [PYTHON, "-c", WHERE], capture_output=True, text=True, check=True, env=surroundings()
    )
    package, packages, library, version = found.stdout.split()
    return Path(package, "tritonserver"), Path(packages), library, version


@pytest.fixture(scope="module")
def backends(installed, tmp_path_factory):
    """The Python backend, and the stand-in for ONNX Runtime's."""
    server, *_, version = installed
    folder = tmp_path_factory.mktemp("backends")
    shutil.copytree(server / "backends" / "python", folder / "python")
    stub = server / "python_backend_stubs" / version / "triton_python_backend_stub"
    shutil.copy(stub, folder / "python")
    (folder / "onnxruntime").mkdir()
    shutil.copy(STAND_IN / "model.py", folder / "onnxruntime")
    return folder


@pytest.fixture(scope="module")
def served(written, installed, backends, tmp_path_factory):
    """The ports of a server that has loaded everything, and its log."""
    server, packages, library, _ = installed
    http, grpc = free_port(), free_port()
    log = tmp_path_factory.mktemp("log") / "triton.log"
    command = [
        server / "bin" / "tritonserver",
        f"--model-repository={written}",
        f"--backend-directory={backends}",
        "--disable-auto-complete-config",
        f"--http-port={http}",
        f"--grpc-port={grpc}",
        "--allow-metrics=false",
    ]
    environment = surroundings(
        PATH=f"{Path(PYTHON).parent}:{os.environ['PATH']}",
        PYTHONPATH=str(packages),
        LD_LIBRARY_PATH=f"{packages / 'nvidia_pytriton.libs'}:{library}",
    )
    with log.open("wb") as stream:
        running = subprocess.Popen(command, env=environment, stdout=stream, stderr=stream)
        try:
            wait(running, f"http://localhost:{http}/v2/health/ready", log)
            yield http, grpc, log
        finally:
            running.terminate()
            running.wait()


def wait(running, url, log):
    for _ in range(600):
        assert running.poll() is None, log.read_text(errors="replace")[-3000:]
        try:
            with urlopen(url):
                return
        except (URLError, ConnectionError):
            time.sleep(0.2)
    raise AssertionError(log.read_text(errors="replace")[-3000:])


@pytest.fixture(scope="module")
def answers(served, bundle, tmp_path_factory):
    """What a client was told, and the arrays that it got."""
    http, grpc, _ = served
    file = tmp_path_factory.mktemp("answers") / "answers.npz"
    asked = [PYTHON, STAND_IN / "client.py", http, grpc, bundle.name]
    done = subprocess.run(
        [*map(str, asked), str(bundle.directory / "goldens.npz"), str(file)],
        capture_output=True,
        text=True,
        check=False,
        env=surroundings(),
    )
    assert done.returncode == 0, done.stderr
    with np.load(file) as arrays:
        return json.loads(done.stdout), dict(arrays)


def test_the_goldens(answers, bundle):
    _, arrays = answers
    with np.load(bundle.directory / "goldens.npz") as goldens:
        names = sorted(name for name in goldens if re.fullmatch(r"image_\d+", name))
        for place, name in enumerate(names):
            truth = goldens[f"{name}_probabilities"]
            for way in ("http", "grpc"):
                assert arrays[f"{way}.{place}.probabilities"].argmax() == truth.argmax()
                levels = arrays[f"{way}.{place}.canvas"].astype(int) - goldens[f"{name}_canvas"]
                assert np.abs(levels).max() <= 4
    assert len(names) >= 16


def test_every_choice_of_outputs(answers):
    told, _ = answers
    subsets = {",".join(sorted(asked.split(","))): got for asked, got in told["subsets"].items()}
    assert len(subsets) == 7
    for asked, got in subsets.items():
        assert got == (asked.split(",") if asked else OUTPUTS)


def test_classes_have_the_bundle_s_labels(answers, bundle):
    told, _ = answers
    value, place, label = told["classes"][0].split(":")
    assert float(value) > 0.5
    assert bundle.labels[int(place)] == label


def test_what_does_not_fit_is_refused(answers):
    told, _ = answers
    assert "batch-size must be <= 16" in told["refused"]["[17, 28, 28, 3]"]
    assert "unexpected shape for input 'image'" in told["refused"]["[1, 28, 28, 4]"]
    assert "unexpected shape for input 'image'" in told["refused"]["[1, 28, 28]"]


def test_requests_at_once_run_together_and_get_their_own_answers(answers, served, bundle):
    _, arrays = answers
    alone = {}
    for place in range(sum(name.endswith(".image") for name in arrays)):
        key = arrays[f"many.{place}.image"].tobytes()
        found = arrays[f"many.{place}.probabilities"]
        np.testing.assert_allclose(found, alone.setdefault(key, found), rtol=0, atol=1e-6)
    ran = re.findall(rf"ran {bundle.name}_front (\d+)", served[2].read_text(errors="replace"))
    assert max(map(int, ran)) > 1
