"""Inside another app: what importing and loading leave alone, and threads where few are allowed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

# What belongs to the whole process, and so to the app.
STATE = """
import gc, json, locale, logging, os, signal, sys, threading, time, warnings
def state():
    return repr([
        dict(os.environ), gc.get_threshold(), gc.isenabled(), gc.get_freeze_count(),
        sys.getswitchinterval(), sys.getrecursionlimit(), sys.path, sys.excepthook,
        signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM),
        logging.root.handlers, logging.root.level, threading.active_count(),
        threading.excepthook, warnings.filters, locale.setlocale(locale.LC_ALL),
        sys.stdout, sys.stderr, sys.stdout.errors, os.getcwd(), time.tzname,
    ])
"""


def python(code: str, *, least: str = "") -> str:
    """What code prints; nothing may come on stderr, not even from the libraries below Python."""
    done = subprocess.run(
        [sys.executable, "-c", least + code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def test_importing_has_no_side_effects() -> None:
    assert python(STATE + "before = state(); import digits; print(state() == before)") == "True\n"


def test_loading_and_reading_have_no_side_effects(tiny: Path) -> None:
    # Those of the libraries that it needs are theirs.
    code = (
        "import numpy, onnxruntime, PIL.Image; before = state(); import digits; "
        f"c = digits.Classifier.load({str(tiny)!r}, provider='cpu', threads=2); "
        "c.predict(numpy.zeros((9, 9), 'uint8')); print(state() == before)"
    )
    assert python(STATE + code) == "True\n"


ON_ONE_PROCESSOR = "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))}); "
ANSWERS = """
import json, os, numpy, digits
images = numpy.random.default_rng(5).integers(0, 256, (3, 40, 30, 3), 'uint8')
canvases = numpy.random.default_rng(6).integers(0, 256, (300, 28, 28), 'uint8')
classifier = digits.Classifier.load('lenet', provider='cpu', threads=THREADS)
seen = [p.probabilities.tolist() for p in classifier.predict_many(images)]
print(json.dumps([seen, classifier.predict_canvases(canvases).tolist()]))
"""


@pytest.fixture(scope="module")
def answers() -> str:
    return python(ANSWERS.replace("THREADS", "None"))


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="needs sched_setaffinity")
@pytest.mark.parametrize("threads", [None, 1, 4])
def test_one_processor_and_many_threads(threads: int | None, answers: str) -> None:
    """As in a container: nothing on stderr about threads that can't be pinned, equal answers."""
    found = json.loads(python(ANSWERS.replace("THREADS", str(threads)), least=ON_ONE_PROCESSOR))
    for some, expected in zip(found, json.loads(answers), strict=True):
        assert len(some) == len(expected)
        for row, wanted in zip(some, expected, strict=True):
            assert row == pytest.approx(wanted, abs=1e-6)


@pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="needs Linux's /proc")
def test_threads_start_with_the_first_call_and_are_pinned_nowhere() -> None:
    code = """
import os
os.environ['ORT_DISABLE_TELEMETRY'] = '1'  # which has threads of its own
import threading, numpy, onnxruntime, digits
classifiers = [digits.Classifier.load('lenet', provider='cpu')]
one = len(os.listdir('/proc/self/task'))
classifiers += [digits.Classifier.load('lenet', 'cpu', threads) for threads in (None, 4)]
idle = len(os.listdir('/proc/self/task'))
found = []
run = classifiers[-1]._run_model
def watch(output, batch):
    found.append((threading.get_ident(), os.sched_getaffinity(0)))
    return run(output, batch)
classifiers[-1]._run_model = watch
classifiers[-1].predict_canvases(numpy.zeros((4000, 28, 28), 'uint8'))
after = threading.active_count()
allowed = os.sched_getaffinity(0)
threads = {name for name, _ in found}
print(idle - one, after <= 5, len(threads) in (2, 3, 4), all(a == allowed for _, a in found))
"""
    assert python(code) == "0 True True True\n"


FORKS = """
import os, sys, time, numpy, digits
image = numpy.full((40, 30, 3), 90, 'uint8')
canvases = numpy.zeros((600, 28, 28), 'uint8')
classifier = digits.Classifier.load('lenet', provider='cpu', threads=2)
wanted = classifier.predict(image).confidence, classifier.predict_canvases(canvases).tolist()
for _ in range(8):
    child = os.fork()
    if not child:
        found = classifier.predict(image).confidence, classifier.predict_canvases(canvases).tolist()
        sys.exit(found != wanted)
    end = time.monotonic() + 60
    while not (ended := os.waitpid(child, os.WNOHANG))[0] and time.monotonic() < end:
        time.sleep(0.01)
    print(ended[1] if ended[0] else os.kill(child, 9))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_children_of_a_fork_answer_and_end() -> None:
    # Without, ONNX Runtime's telemetry keeps a child that ends by itself waiting for ever.
    quiet = "import os; os.environ['ORT_DISABLE_TELEMETRY'] = '1'; "
    code = "import warnings; warnings.simplefilter('ignore', DeprecationWarning)\n"  # of fork
    assert python(code + FORKS, least=quiet) == "0\n" * 8
