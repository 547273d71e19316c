"""The processor: its model, and the instruction sets that ONNX Runtime has kernels for."""

import platform
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

_CPUINFO = Path("/proc/cpuinfo")
# What Linux calls them, and what their makers do. VNNI is what makes int8 fast.
_NAMES = {
    "avx": "AVX",
    "avx2": "AVX2",
    "fma": "FMA",
    "avx512f": "AVX512",
    "avx512_vnni": "AVX512-VNNI",
    "avx_vnni": "AVX-VNNI",
    "amx_int8": "AMX",
    "asimd": "NEON",
    "asimddp": "NEON-DOTPROD",
    "i8mm": "NEON-I8MM",
    "sve": "SVE",
}
# Fields of /proc/cpuinfo, by architecture.
_MODEL_FIELDS = ("model name", "Model", "cpu model", "Hardware", "uarch")
_FLAG_FIELDS = ("flags", "Features")


def model_name() -> str:
    """The processor's model, "unknown" where it can't be found out."""
    info = _cpuinfo()
    listed = [info[field] for field in _MODEL_FIELDS if info.get(field)]
    found = listed or [_sysctl("machdep.cpu.brand_string"), _arm(info), platform.processor()]
    return next((name for name in found if name), "unknown")


def _arm(info: Mapping[str, str]) -> str:
    """What ARM processors of servers tell: numbers that their makers have registered."""
    maker, part = info.get("CPU implementer"), info.get("CPU part")
    return f"ARM implementer {maker}, part {part}" if maker and part else ""


def instruction_sets() -> tuple[str, ...]:
    """Those that matter to ONNX Runtime, in the words of their makers; none if unknown."""
    info = _cpuinfo()
    flags = set(" ".join(info.get(field, "") for field in _FLAG_FIELDS).split())
    if not flags and sys.platform == "darwin":
        flags = _flags_of_macs()
    return tuple(name for flag, name in _NAMES.items() if flag in flags)


def _flags_of_macs() -> set[str]:
    if platform.machine() == "arm64":
        return {"asimd", "asimddp"}  # every Mac of that kind has them
    words = f"{_sysctl('machdep.cpu.features')} {_sysctl('machdep.cpu.leaf7_features')}".lower()
    return {"avx" if word == "avx1.0" else word for word in words.split()}


@cache
def _cpuinfo() -> Mapping[str, str]:
    """The fields of the first processor, as Linux tells them; none elsewhere."""
    try:
        text = _CPUINFO.read_text("utf-8", "replace")
    except OSError:
        return {}
    pairs = [line.partition(":") for line in text.splitlines() if ":" in line]
    # The first one of each name counts.
    return {name.strip(): value.strip() for name, _, value in reversed(pairs)}


def _sysctl(name: str) -> str:
    """A value of the kernel of macOS; empty elsewhere."""
    if not Path("/usr/sbin/sysctl").exists() or _CPUINFO.exists():
        return ""
    with suppress(OSError, subprocess.SubprocessError):
        command = ["/usr/sbin/sysctl", "-n", name]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5)
        return done.stdout.strip()
    return ""
