"""Sessions of ONNX Runtime that write nothing to the terminal."""

from collections.abc import Mapping, Sequence
from typing import Any

from digits.providers import CPU, load_onnxruntime

_SILENT = 4  # ONNX Runtime's log level: only what ends the process


def session(
    model: bytes,
    providers: Sequence[Any] = (CPU,),
    entries: Mapping[str, str] | None = None,
    **settings: Any,
) -> Any:
    """Open a graph.

    Args:
        model: Contents of its file.
        providers: Names of execution providers, or pairs of a name and its options.
        entries: ONNX Runtime's configuration entries.
        settings: Attributes of its SessionOptions.
    """
    runtime = load_onnxruntime()
    options = runtime.SessionOptions()
    options.log_severity_level = _SILENT
    for key, value in (entries or {}).items():
        options.add_session_config_entry(key, value)
    for name, value in settings.items():
        setattr(options, name, value)
    return runtime.InferenceSession(model, options, providers=list(providers))
