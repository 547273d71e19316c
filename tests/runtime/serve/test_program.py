"""`digits serve` as a program: how it starts, what it says, how it ends."""

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import pytest

from digits import cli


def test_what_it_says_at_the_start(serving) -> None:
    server = serving("--workers", 2)
    assert server.lines == [f"digits serve: lenet on http://127.0.0.1:{server.port} (2 workers)\n"]


def test_other_machines_are_warned_about(serving) -> None:
    server = serving("--workers", 1, "--host", "0.0.0.0", "--model", "mlp")
    assert server.lines[0].startswith("note: other machines can call this server")
    assert server.get("/v2/health/live", host="example.org").status == 200


def test_several_models(serving, digit, tiny: Path) -> None:
    server = serving("--workers", 1, "--model", "mlp", "--model", tiny)
    assert server.post("/predict", digit).json["model"] == "mlp"
    assert server.post("/predict?model=tiny", digit).json["model"] == "tiny"
    assert server.get("/v2/models/tiny_front/ready").status == 200
    assert server.post("/predict?model=lenet", digit).json["error"].endswith("mlp, tiny")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("workers", [1, 2])
def test_a_signal_lets_requests_finish(serving, digit, number: int, code: int, workers) -> None:
    server = serving("--workers", workers)
    head = b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(digit)
    with server.raw(head + digit[:100]) as connection, server.raw() as idle:
        time.sleep(0.5)
        server.process.send_signal(number)
        time.sleep(0.5)
        with pytest.raises(OSError, match="refused"):
            server.raw()
        connection.sendall(digit[100:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
        assert idle.recv(1) == b""
    assert server.process.wait(30) == code
    assert "Traceback" not in "".join(server.lines)


def test_a_signal_that_workers_get_too(serving, digit) -> None:
    """As systemd sends it: to all processes of a service."""
    server = serving("--workers", 2)
    workers = server.until(lambda: found if len(found := _workers(server)) == 2 else None)
    head = b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(digit)
    with server.raw(head + digit[:100]) as connection:
        time.sleep(0.5)
        for pid in (*workers, server.process.pid):
            os.kill(pid, signal.SIGTERM)
        time.sleep(0.5)
        connection.sendall(digit[100:])
        assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK")
    assert server.process.wait(30) == 0


@pytest.mark.parametrize("workers", [1, 2])
def test_ctrl_c_twice_ends_at_once(serving, workers: int) -> None:
    server = serving("--workers", workers, "--timeout", 60)
    with server.raw(b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n\r\n"):
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        server.process.send_signal(signal.SIGINT)
        assert server.process.wait(10) == 130


@pytest.mark.parametrize("workers", [1, 2])
def test_nohup(serving, workers: int) -> None:
    number = getattr(signal, "SIGHUP", None)
    if number is None:
        pytest.skip("this system has no SIGHUP")
    previous = signal.signal(number, signal.SIG_IGN)
    try:
        server = serving("--workers", workers)
    finally:
        signal.signal(number, previous)
    server.process.send_signal(number)
    time.sleep(0.5)
    assert server.get("/v2/health/live").status == 200
    assert server.stop() == 0


def test_the_end_of_a_terminal_ends_it_in_order(serving) -> None:
    if not hasattr(signal, "SIGHUP"):
        pytest.skip("this system has no SIGHUP")
    assert serving("--workers", 1).stop(signal.SIGHUP) == 0


def test_a_worker_that_dies_is_replaced(serving, digit) -> None:
    server = serving("--workers", 2)
    assert server.post("/predict", digit).status == 200
    before = _workers(server)
    os.kill(before[0], signal.SIGKILL)
    server.line(re.compile(r"note: worker 1 of 2 ended \(SIGKILL\): it is started again"))
    server.until(lambda: set(_workers(server)) - set(before) or None)
    # Who comes meanwhile waits for the new one.
    assert all(server.post("/predict", digit).status == 200 for _ in range(20))
    metrics = server.get("/metrics").body.decode()
    assert "digits_worker_restarts_total 1\n" in metrics
    assert server.stop() == 0


def _workers(server) -> list[int]:
    text = server.get("/metrics").body.decode()
    return [int(pid) for pid in re.findall(r'resident_memory_bytes\{pid="(\d+)"\}', text)]


def test_workers_end_with_their_parent(serving) -> None:
    server = serving("--workers", 2)
    workers = server.until(lambda: found if len(found := _workers(server)) == 2 else None)
    server.process.kill()
    server.process.wait()
    end = time.monotonic() + 30
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < end
        time.sleep(0.1)


def test_all_workers_are_counted_together(serving, digit) -> None:
    server = serving("--workers", 2)
    for _ in range(40):
        assert server.post("/predict", digit).status == 200
    server.post("/predict", b"none")
    text = server.get("/metrics").body.decode()
    assert 'digits_requests_total{route="predict",code="200"} 40\n' in text
    assert 'digits_requests_total{route="predict",code="400"} 1\n' in text
    assert 'digits_request_seconds_count{route="predict"} 41\n' in text
    assert "digits_images_total 40\n" in text
    assert "digits_batch_size_sum 40.0" in text
    assert 'digits_model_info{model="lenet",provider="cpu"' in text
    memory = [float(value) for value in re.findall(r'memory_bytes\{pid="\d+"\} (\d+)', text)]
    assert len(memory) == 2
    assert all(5e6 < value < 1e9 for value in memory)


def test_requests_that_come_together_are_read_together(serving, digit) -> None:
    server = serving("--workers", 1)
    threads = [
        threading.Thread(target=lambda: [server.post("/predict", digit) for _ in range(10)])
        for _ in range(16)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    text = server.get("/metrics").body.decode()
    batches = int(re.search(r"digits_batch_size_count (\d+)", text)[1])
    assert "digits_images_total 160\n" in text
    assert batches < 160


def test_a_port_in_use(serving, digits) -> None:
    server = serving("--workers", 1)
    for workers in (1, 2):
        done = digits("serve", "--port", server.port, "--workers", workers)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == (
            f"digits serve: error: can't listen on 127.0.0.1, port {server.port}: "
            "Address already in use: give another --host or --port\n"
        )


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_was_changed(bundle: Path, digits, workers: int) -> None:
    with (bundle / "model.onnx").open("ab") as file:
        file.write(b"x")
    done = digits("serve", "--model", bundle, "--port", 0, "--workers", workers)
    assert done.returncode == 3
    assert "was changed after export" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("workers", [1, 2])
def test_a_model_that_cant_be_opened(bundle: Path, digits, reseal_files, workers: int) -> None:
    """Its digests are right: only ONNX Runtime finds out, in the worker."""
    (bundle / "model.onnx").write_bytes((bundle / "front.onnx").read_bytes())
    reseal_files(bundle)
    done = digits("serve", "--model", bundle, "--port", 0, "--workers", workers)
    assert done.returncode == 3
    assert done.stderr.startswith("digits serve: error: ")
    assert "model.onnx" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--model", "nope"], 3, "no model 'nope'"),
        (["--port", "70000"], 2, "no port 70000"),
        (["--port", "-1"], 2, "--port"),
        (["--max-body", "much"], 2, "'much' is no size"),
        (["--timeout", "0"], 2, "a timeout of 0 s"),
        (["--allow-origin", "example.org"], 2, "no origin"),
        (["--host", "256.1.1.1"], 2, "can't listen on 256.1.1.1"),
        (["--model", "mlp", "--model", "mlp", "--workers", "1"], 2, "two models are called mlp"),
    ],
)
def test_wrong_usage(args: list[str], code: int, words: str, capsys, monkeypatch) -> None:
    monkeypatch.setattr("signal.signal", lambda *_: None)
    assert cli.main(["serve", "--provider", "cpu", *args]) == code
    assert words in capsys.readouterr().err


def test_a_missing_extra(capsys, monkeypatch) -> None:
    monkeypatch.setattr("digits.extras.find_spec", lambda _: None)
    assert cli.main(["serve"]) == 3
    assert "install 'digits-edge[serve]'" in capsys.readouterr().err


def test_ipv6(serving) -> None:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    server = serving("--workers", 1, "--host", "::1")
    assert f"http://[::1]:{server.port} " in server.lines[0]


def test_the_command_says_nothing_on_stdout(digits) -> None:
    done: subprocess.CompletedProcess = digits("serve", "--help")
    assert done.returncode == 0
    assert "--allow-origin" in done.stdout


def test_openapi_lists_every_route(server) -> None:
    document = server.get("/openapi.json").json
    paths = set(document["paths"])
    assert {"/predict", "/v2", "/v2/models/{name}/infer", "/metrics", "/"} <= paths
    codes = document["paths"]["/predict"]["post"]["responses"]
    assert {"200", "400", "403", "404", "408", "413", "415", "503"} <= set(codes)
    page = server.get("/docs").body.decode()
    assert all(path in page for path in paths)
    assert "://" not in page
    assert json.dumps(document).count("HTTPValidationError") == 0
