"""What a server bears: size, time, number, and callers that it must not serve."""

import json
import re
import socket
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

POST = b"POST /predict HTTP/1.1\r\nhost: localhost\r\n"


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def error_of(answer: bytes) -> str:
    return json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_a_declared_size_is_refused_before_it_comes(server) -> None:
    answer = server.said(POST + b"content-length: 1000001\r\n\r\n")
    assert status_of(answer) == 413
    assert error_of(answer) == "the body has more than 1 MB: send a smaller image, or fewer"
    assert b"connection: close" in answer


def test_a_limit_of_no_round_megabytes_is_told_to_the_byte(serving) -> None:
    answer = serving("--max-body", "1500kB").said(POST + b"content-length: 1500001\r\n\r\n")
    assert error_of(answer).startswith("the body has more than 1500000 bytes: send a smaller image")


def test_a_large_body_gets_its_answer_although_it_is_not_taken(server) -> None:
    answer = server.post("/predict", b"x" * 5_000_000)
    assert answer.status == 413


def test_a_body_of_chunks_is_counted(server) -> None:
    chunk = b"x" * 100_000
    answer = server.ask("POST", "/predict", iter([chunk] * 11), encode_chunked=True)
    assert answer.status == 413
    answer = server.ask("POST", "/predict", iter([chunk] * 9), encode_chunked=True)
    assert answer.status == 400  # small enough, and no image


def test_chunks_make_an_image(server, digit) -> None:
    parts = [digit[start : start + 50] for start in range(0, len(digit), 50)]
    answer = server.ask("POST", "/predict", iter(parts), encode_chunked=True)
    assert answer.status == 200


def test_headers_without_end(server) -> None:
    with server.raw(POST) as connection:
        try:
            for _ in range(200):
                connection.sendall(b"x: " + b"y" * 997 + b"\r\n")
        except OSError:
            return  # it was closed before all had come
        answer = connection.recv(65536)
    assert status_of(answer) == 431


@pytest.mark.parametrize(
    "sent",
    [b"POST /pre", POST, POST + b"content-length: 9\r\n\r\n1234"],
    ids=["line", "headers", "body"],
)
def test_slow_clients_are_told_so(server, sent: bytes) -> None:
    with server.raw() as connection:
        answer, end = b"", time.monotonic() + 30
        connection.setblocking(False)
        for byte in [sent, *[b""] * 1000]:
            connection.sendall(byte)
            time.sleep(0.1)
            try:
                answer += connection.recv(65536)
                break
            except BlockingIOError:
                assert time.monotonic() < end
    assert status_of(answer) == 408
    assert "too long to arrive" in error_of(answer)


def test_a_dripping_body_has_one_deadline_for_all(server) -> None:
    with server.raw(POST + b"content-length: 100000\r\n\r\n") as connection:
        connection.settimeout(0.2)
        for _ in range(100):
            connection.sendall(b"x")
            try:
                answer = connection.recv(65536)
                break
            except TimeoutError:
                continue
    assert status_of(answer) == 408


def test_half_sent_uploads_harm_nobody(server, digit) -> None:
    for _ in range(20):
        server.raw(POST + b"content-length: 500\r\n\r\nhalf").close()
    assert server.post("/predict", digit).status == 200
    assert b'code="499"' in server.get("/metrics").body


def test_pipelined_requests_are_answered_in_order(server, digit) -> None:
    one = POST + b"content-length: %d\r\n\r\n" % len(digit) + digit
    last = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    answers = server.said(one * 3 + last)
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert answers.endswith(b'{"live": true}')


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nhost: localhost\r\ncontent-length: x\r\n\r\n",
        POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\nabc",
        POST + b"content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        POST + b"host: localhost\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost: localhost\r\nx: \0\r\n\r\n",
    ],
)
def test_broken_requests(server, request_: bytes) -> None:
    answer = server.said(request_)
    assert status_of(answer) == 400
    assert b"Traceback" not in answer


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:1", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("a.localhost", 200),
        ("example.org", 403),
        ("127.0.0.1.example.org", 403),
        ("localhost.example.org:80", 403),
        ("192.168.1.1", 403),
        ("", 403),
    ],
)
def test_names_of_other_hosts(server, host: str, status: int) -> None:
    answer = server.get("/v2/health/live", host=host)
    assert answer.status == status


def test_pages_of_other_hosts(server, digit) -> None:
    own = f"http://127.0.0.1:{server.port}"
    host = f"127.0.0.1:{server.port}"
    assert server.post("/predict", digit, origin=own, host=host).status == 200
    for origin in ("https://example.org", "null", own + "1", "http://localhost:1"):
        answer = server.post("/predict", digit, origin=origin, host=host)
        assert answer.status == 403, origin
        assert "--allow-origin" in answer.json["error"]
        assert "access-control-allow-origin" not in answer.headers


def test_a_page_of_another_host_that_is_allowed(serving, digit) -> None:
    server = serving("--workers", 1, "--allow-origin", "https://Example.org/")
    origin = "https://example.org"
    answer = server.post("/predict", digit, origin=origin)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, origin)
    asked = server.ask("OPTIONS", "/predict", headers={"origin": origin})
    assert (asked.status, asked.headers["access-control-allow-headers"][:12]) == (
        200,
        "content-type",
    )
    assert server.post("/predict", digit, origin="https://example.com").status == 403
    assert server.post("/predict", digit, host="example.org").status == 200


def test_every_answer_says_that_its_type_is_meant(server) -> None:
    for path in ("/", "/metrics", "/nope", "/openapi.json", "/docs"):
        assert server.get(path).headers["x-content-type-options"] == "nosniff"
    policy = server.get("/").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    for wider in ("unsafe", "blob:", "data:", "*"):
        assert wider not in policy


def test_head_is_get_without_a_body(server) -> None:
    for path in ("/", "/v2/health/ready", "/metrics"):
        answer = server.ask("HEAD", path)
        assert (answer.status, answer.body) == (200, b"")
    length = server.ask("HEAD", "/").headers["content-length"]
    assert int(length) == len(server.get("/").body)
    assert server.ask("HEAD", "/predict").status == 405


def test_hundreds_of_idle_connections(serving, digit) -> None:
    server = serving("--workers", 1, "--connections", 50)
    idle = [server.raw() for _ in range(300)]
    assert server.post("/predict", digit).status == 200

    def connections() -> bool | None:
        """They are counted ten times a second."""
        found = re.search(rb"digits_connections (\d+)", server.get("/metrics").body)
        return 40 <= int(found[1]) <= 50 or None

    assert server.until(connections)
    assert server.post("/predict", digit).status == 200
    for connection in idle:
        connection.close()


def test_a_full_queue_says_when_to_come_again(serving, digit, png) -> None:
    server = serving("--workers", 1, "--queue", 2, "--max-batch", 1)
    page = png(np.random.default_rng(0).integers(0, 256, (700, 700), dtype=np.uint8))
    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(lambda _: server.post("/predict", page), range(48)))
    found = {answer.status for answer in answers}
    assert found == {200, 503}
    refused = next(answer for answer in answers if answer.status == 503)
    assert refused.headers["retry-after"] == "1"
    assert refused.json["error"].endswith("try again in a moment")
    assert server.post("/predict", digit).status == 200
    assert b"digits_queue_length 0\n" in server.get("/metrics").body


def test_answers_that_nobody_fetches(server, digit) -> None:
    """A client that sends requests and reads nothing takes no more than its share."""
    one = POST + b"content-length: %d\r\n\r\n" % len(digit) + digit
    with server.raw() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        connection.settimeout(1)
        try:
            for _ in range(20_000):
                connection.sendall(one)
        except (TimeoutError, OSError):
            pass
        assert server.post("/predict", digit).status == 200


def test_headers_behind_a_body_without_end(server) -> None:
    """HTTP has room for some there; each would take fifty times its bytes."""
    with server.raw(POST + b"transfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n") as connection:
        assert status_of(_fed(connection, b"a:b\r\n" * 200)) == 431


def test_headers_without_end_while_a_request_is_under_way(server, png) -> None:
    page = png(np.zeros((7000, 7000), np.uint8))  # half a second to decode
    first = POST + b"content-length: %d\r\n\r\n" % len(page) + page
    with server.raw(first + b"GET / HTTP/1.1\r\nx: ") as connection:
        assert b"431 Request Header Fields" in _fed(connection, b"y" * 20_000)


def _fed(connection: socket.socket, piece: bytes) -> bytes:
    """What comes back from a server that is sent pieces until it answers or closes."""
    connection.settimeout(0.001)
    answer = b""
    for _ in range(1000):
        try:
            connection.sendall(piece)
            if answer := connection.recv(65536):
                return answer
        except TimeoutError:
            continue
        except OSError:
            break
    connection.settimeout(1)
    return connection.recv(65536)


def test_too_many_requests_at_once_on_one_connection(server) -> None:
    """Each takes kilobytes, and a few bytes to send."""
    one = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\n\r\n"
    with server.raw(one * 20) as connection:
        answers = b""
        while answers.count(b'{"live": true}') < 20:
            answers += connection.recv(65536)
    answer = server.said(one * 1000)
    assert status_of(answer) == 503
    assert error_of(answer) == "too many requests at once on one connection: await answers"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("PUT", "/predict", 405), ("POST", "/prediction", 404), ("GET", "/v2/health/live", 200)],
)
def test_a_large_body_where_none_is_taken(server, method: str, path: str, status: int) -> None:
    """`curl -T` sends PUT: it reads why that is refused."""
    answer = server.ask(method, path, b"x" * 5_000_000)
    assert (answer.status, answer.headers["connection"]) == (status, "close")


def test_idle_connections_where_few_files_may_be_open(serving, digit) -> None:
    """Most systems let a process open 1,024, as many as the connections by default."""
    resource = pytest.importorskip("resource", reason="this system has no limits of resources")
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, limits[1]))
    try:
        server = serving("--workers", 1)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    idle = [server.raw() for _ in range(300)]
    assert server.post("/predict", digit).status == 200
    for connection in idle:
        connection.close()


@pytest.mark.parametrize("apart", [False, True])
def test_an_offer_of_another_protocol_is_passed_over(server, digit, apart: bool) -> None:
    """Java's client offers HTTP/2 with each first request."""
    head = POST + b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMA\r\n"
    head += b"content-length: %d\r\n\r\n" % len(digit)
    with server.raw(head if apart else head + digit) as connection:
        if apart:
            time.sleep(0.2)
            connection.sendall(digit)
        end = b"GET /v2/health/live HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
        connection.sendall(end)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers.count(b"HTTP/1.1 200 OK") == 2
    assert answers.endswith(b'{"live": true}')


def test_bad_forms_fill_no_log(serving) -> None:
    server = serving("--workers", 1)
    kind = "multipart/form-data; boundary=x"
    assert server.post("/predict", b"--y\r\n", content_type=kind).status == 400
    assert server.stop() == 0
    assert len(server.lines) == 1
