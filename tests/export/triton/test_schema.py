"""The configurations are what Triton's published schema, model_config.proto, says."""

import pytest

from digits_export.triton.config import CONFIG
from digits_export.triton.text import written as text_of

# Of tritonclient alone, whose package imports grpc; the schema is compiled in it.
client = pytest.importorskip(
    "tritonclient.grpc.model_config_pb2",
    reason="needs Triton's schema: run: pip install 'digits-edge[peers]'",
)
text_format = pytest.importorskip("google.protobuf.text_format")


@pytest.fixture(scope="session")
def parsed(written):
    """The configurations as protobuf's own parser reads them, by model."""
    return {
        file.parent.name: text_format.Parse(file.read_text("utf-8"), client.ModelConfig())
        for file in written.glob(f"*/{CONFIG}")
    }


def test_every_field_is_in_the_schema(parsed, bundle):
    assert sorted(parsed) == [
        bundle.name,
        f"{bundle.name}_canvas",
        f"{bundle.name}_classifier",
        f"{bundle.name}_front",
    ]
    for name, config in parsed.items():
        assert config.name == name
        assert config.max_batch_size >= 16
        assert not any(each.allow_ragged_batch for each in config.input)


def test_the_ensemble(parsed, bundle):
    ensemble = parsed[bundle.name]
    assert (ensemble.platform, ensemble.backend) == ("ensemble", "")
    assert ensemble.WhichOneof("scheduling_choice") == "ensemble_scheduling"
    names = ["probabilities", "canvas", "clean", "box", "evidence"]
    assert [each.name for each in ensemble.output] == names
    assert list(ensemble.input[0].dims) == [-1, -1, 3]
    steps = {step.model_name: step for step in ensemble.ensemble_scheduling.step}
    assert dict(steps[f"{bundle.name}_front"].output_map) == {
        "canvas": "canvas_inside",
        "clean": "clean",
        "box": "box",
        "evidence": "evidence",
    }
    assert dict(steps[f"{bundle.name}_classifier"].input_map) == {"canvas": "canvas_inside"}
    assert dict(steps[f"{bundle.name}_canvas"].output_map) == {"relayed": "canvas"}
    assert {step.model_version for step in steps.values()} == {-1}


def test_the_classifier(parsed, bundle):
    config = parsed[f"{bundle.name}_classifier"]
    assert (config.platform, config.backend) == ("onnxruntime_onnx", "onnxruntime")
    assert config.dynamic_batching.max_queue_delay_microseconds == 500
    assert [each.name for each in config.output] == ["logits", "probabilities"]
    assert config.output[1].label_filename == "labels.txt"
    assert config.instance_group[0].kind == client.ModelInstanceGroup.KIND_AUTO
    (cuda,) = config.optimization.execution_accelerators.gpu_execution_accelerator
    assert dict(cuda.parameters) == {"use_tf32": "0"}
    assert config.parameters["cudnn_conv_algo_search"].string_value == "1"
    assert [sample.batch_size for sample in config.model_warmup] == [1, 64]
    assert list(config.model_warmup[0].inputs["canvas"].dims) == [28, 28]


def test_the_front_end_stays_on_the_cpu(parsed, bundle):
    config = parsed[f"{bundle.name}_front"]
    assert config.instance_group[0].kind == client.ModelInstanceGroup.KIND_CPU
    assert config.parameters["intra_op_thread_count"].string_value == "1"


def test_any_text_comes_back():
    text = "".join(map(chr, range(1, 0x250))) + "数字 🖊"
    assert text_format.Parse(text_of({"name": text}), client.ModelConfig()).name == text
