"""The benchmark on a GPU, tried out on the CPU: that everything runs, agrees and is told."""

import json
from pathlib import Path

import numpy as np
import pytest

from digits.bench.programs.telling import mean_rate
from digits.cuda.options import settings
from digits_export.bench import cuda, cuda_large, cuda_matrix, cuda_small, cuda_start
from digits_export.bench.cuda_engines import Ours, Plain
from digits_export.bench.cuda_networks import canvases, subject
from digits_export.bench.cuda_options import DRY
from digits_export.bench.cuda_record import LIMIT, OURS, PART, PEER, Measured, Series
from digits_export.bench.cuda_table import as_table, over_best_peer, share_of_rate
from digits_export.bench.cuda_timing import alternating, latency
from digits_export.bench.cuda_torch import TorchEngine, precision_of


def test_everything_runs_and_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "cuda.json"
    only = ["matrix", "small", "large"]
    assert (
        cuda.main(["--device", "cpu", "--rounds", "2", "--output", str(file), "--only", *only]) == 0
    )
    record = json.loads(file.read_text())
    assert record["versions"].keys() == {"torch", "cuda", "cudnn", "onnxruntime"}
    measured = {item["name"]: item for item in record["measured"]}
    assert list(measured) == only
    assert all(item["failed"] == [] for item in measured.values())
    large = {(s["contender"], s["figure"]): s["samples"] for s in measured["large"]["series"]}
    for precision in ("fp32", "tf32", "fp16"):
        for name in ("digits", "ONNX Runtime", "torch eager", "TorchScript"):
            for batch in DRY.large_batches:
                assert len(large[f"{name} {precision}", f"batch {batch}"]) == 2
    small = {(s["contender"], s["figure"]): s["unit"] for s in measured["small"]["series"]}
    assert small["digits", "p99"] == "µs"
    assert small["digits, on the card alone", "batch 4"] == "images/s"
    assert "over the best peer" in capsys.readouterr().out
    assert str(tmp_path.parent) not in file.read_text()


def test_the_first_request_is_measured_in_processes_of_its_own() -> None:
    found = cuda_start.measure(DRY)
    assert found.failed == []
    assert found.notes == []
    samples = {(s.contender, s.figure): s.samples for s in found.series}
    assert len({contender for contender, _ in samples}) == 6
    assert min(samples["digits, lenet, batch 1", "open"]) > 0


@pytest.mark.parametrize("precision", ["fp32", "tf32", "fp16"])
def test_engines_compute_the_same_network(precision: str) -> None:
    net = subject("lenet")
    model = net.half() if precision == "fp16" else net.onnx
    batch = canvases(5)
    truth = TorchEngine("torch eager", net.module, "cpu", "fp32").classify(batch)
    engines = [
        Ours(model, "cpu", precision),
        Plain(model, "cpu", precision),
        *(
            TorchEngine(name, net.module, "cpu", precision)
            for name in ("torch eager", "TorchScript")
        ),
    ]
    for engine in engines:
        found = engine.classify(batch)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, truth, atol=0.03 if precision == "fp16" else 1e-5)
        engine.resident(batch)()


def test_operations_are_counted_in_full() -> None:
    # Convolutions and linear layers of LeNet-5 on 32×32, two for a product and its addition.
    layers = 6 * 25 * 28**2 + 16 * 6 * 25 * 10**2 + 120 * 16 * 25 + 120 * 84 + 84 * 10
    assert subject("lenet").flop == 2 * layers


def test_a_contender_that_is_wrong_or_broken_takes_no_part() -> None:
    net = subject("lenet")
    found = Measured("x", "x")
    engines = cuda_large.built(
        {
            ("digits", OURS): lambda: Ours(net.onnx, "cpu", "fp32"),
            ("torch eager", PEER): lambda: TorchEngine("torch eager", net.module, "cpu", "fp32"),
            ("broken", PEER): lambda: 1 / 0,  # type: ignore[dict-item,return-value]
        },
        found,
        "fp32",
    )
    wrong = np.full((2, 10), 0.5, np.float32)
    assert cuda_large.agree(engines, wrong, 1e-3, found, "fp32") == {}
    assert found.notes[0] == "broken fp32: failed: division by zero"
    assert found.notes[1].startswith("torch eager fp32: failed: probabilities are 0.")
    assert found.failed[0].startswith("digits fp32: failed: probabilities are 0.")
    truth = engines["torch eager"].classify(canvases(2))
    assert cuda_large.agree(engines, truth, 1e-3, found, "fp32").keys() == engines.keys()
    nan = np.full((2, 10), np.nan, np.float32)
    assert cuda_large.agree(engines, nan, 1e-3, found, "fp32") == {}


def test_a_measurement_that_breaks_is_told_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(_: object) -> Measured:
        raise RuntimeError("CUDA error: out of memory\nsecond line")

    monkeypatch.setitem(cuda.MEASUREMENTS, "small", broken)
    assert cuda.main(["--device", "cpu", "--only", "small", "matrix"]) == 1
    output = capsys.readouterr().out
    assert "FAILED: small: failed: CUDA error: out of memory second line" in output
    assert "torch.matmul" in output


def test_turns_alternate_and_a_failing_contender_leaves() -> None:
    order: list[str] = []

    def two() -> None:
        order.append("two")
        if order.count("two") > 2:
            raise RuntimeError("gone")

    found = Measured("x", "x")
    readings = alternating(
        {"one": lambda: order.append("one"), "two": two},
        {"one": OURS, "two": PEER},
        3,
        lambda call: {"value": float(bool(call() or True))},
        found,
        warm=1,
    )
    assert order == ["one", "two", "one", "two", "one", "two", "one"]
    assert readings == {"one": {"value": [1.0, 1.0, 1.0]}, "two": {"value": [1.0]}}
    assert found.notes == ["two: failed: gone"]


def test_rates_and_latencies_are_positive() -> None:
    assert mean_rate(lambda: None, 8, 0.001) > 8
    found = latency(lambda: None, 0.001)
    assert 0 < found["p50"] <= found["p99"]


def test_ratios_and_shares() -> None:
    item = Measured("large", "x", notes=["vgg16: 30.96 GFLOP an image"])
    item.add("digits fp16", OURS, "images/s", {"batch 64": [9_000, 10_000, 11_000]})
    item.add("torch eager fp16", PEER, "images/s", {"batch 64": [8_000]})
    item.add("torch.compile tf32", PEER, "images/s", {"batch 64": [50_000]})
    item.add("digits, on the card alone", OURS, "µs", {"p50": [20]})
    item.add("TorchScript, on the card alone", PEER, "µs", {"p50": [50]})
    item.add("TorchScript", PEER, "µs", {"p50": [1]})
    matrix = Measured(cuda_matrix.NAME, "x")
    matrix.add(cuda_matrix.CONTENDER, LIMIT, "TFLOP/s", {"fp16": [620.0], "fp32": [50.0]})
    ours, peer, _, alone, *_ = item.series
    assert over_best_peer(ours, item) == 1.25
    assert over_best_peer(alone, item) == 2.5
    assert over_best_peer(peer, item) is None
    share = share_of_rate(ours, item, [matrix, item])
    assert share == pytest.approx(10_000 * 30.96e9 / 620e12)
    assert share_of_rate(alone, item, [matrix, item]) is None
    assert share_of_rate(Series("digits fp8", OURS, "batch 1", "images/s", (1,)), item, []) is None
    text = as_table([matrix, item])
    assert "49.9 %" in text
    assert "note: vgg16: 30.96 GFLOP an image" in text


def test_settings_and_first_requests_have_their_peers() -> None:
    item = Measured("start", "x")
    item.add("ONNX Runtime, lenet, batch 1", PEER, "ms", {"first": [600], "open": [100]})
    item.add("digits, warmed up, lenet, batch 1", OURS, "ms", {"first": [2]})
    item.add("digits, vgg16, batch 1", OURS, "ms", {"first": [2]})
    item.add("channels last, heuristic, bias apart fp16", PART, "images/s", {"batch 1": [30]})
    item.add("TorchScript fp16", PEER, "images/s", {"batch 1": [20]})
    item.add("TorchScript tf32", PEER, "images/s", {"batch 1": [90]})
    ratios = [over_best_peer(series, item) for series in item.series]
    assert ratios == [None, None, 300, None, 1.5, None, None]


def test_without_a_gpu_it_says_so_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert cuda.main([]) == 3
    assert "finds none: run: digits doctor" in capsys.readouterr().err
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(cuda, "cuda_problem", lambda _: "the driver is missing")
    assert cuda.main([]) == 3
    assert capsys.readouterr().err == "no CUDA: the driver is missing\n"


def test_precisions_are_set_and_put_back() -> None:
    import torch

    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    with precision_of("tf32"):
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (True, True)
    with precision_of("fp32"):
        assert (matmul.allow_tf32, cudnn.allow_tf32) == (False, False)
    assert (matmul.allow_tf32, cudnn.allow_tf32) == before


def test_settings_that_are_searched_hold_our_own() -> None:
    for precision in ("fp32", "tf32", "fp16"):
        ours = settings(tf32=precision == "tf32", half=precision == "fp16")[0]
        plain = ours.options | {"fuse_conv_bias": "0"}
        assert plain in [setting.options for setting in cuda_large.searched(precision)]
    assert len({setting.name for setting in cuda_large.searched("fp16")}) == 8
    assert cuda_small.NAME in cuda.MEASUREMENTS
