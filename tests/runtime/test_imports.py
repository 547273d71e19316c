"""What the runtime may import, and when: it has to run where PyTorch isn't installed."""

import pkgutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import digits
from digits import errors
from digits.cli import COMMANDS

MODULES = sorted(
    module.name
    for module in pkgutil.walk_packages(digits.__path__, "digits.")
    if module.name != "digits.__main__"
)
# Only the commands that are named as text may lead there.
FOREIGN = (
    "torch",
    "torchvision",
    "onnx",
    "onnxscript",
    "onnx_ir",
    "digits_models",
    "digits_export",
)
BLOCK = f"""
import sys
for name in {FOREIGN!r}:
    sys.modules[name] = None  # importing it raises ModuleNotFoundError
"""


def python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_module_imports_without_torch_and_onnx() -> None:
    assert "digits.commands.infer" in MODULES
    code = BLOCK + f"import importlib\nfor name in {MODULES!r}: importlib.import_module(name)"
    python(code)


def test_an_image_is_read_without_torch_and_onnx(tiny: Path, photo: object) -> None:
    code = (
        BLOCK + "from digits.cli import main\n"
        f"args = [{str(photo())!r}, '--model', {str(tiny)!r}, '--provider', 'cpu']\n"
        "sys.exit(main(['infer', *args]) or main(['verify', args[2], '--provider', 'cpu']))"
    )
    assert "77.75%" in python(code)


def test_importing_digits_is_light() -> None:
    code = (
        "import sys, digits; from digits import DigitsError; "
        "print([m for m in ('numpy', 'PIL', 'onnxruntime', 'typer') if m in sys.modules])"
    )
    assert python(code) == "[]\n"


def test_arrays_are_read_without_pillow(tiny: Path) -> None:
    code = (
        "import sys, numpy, digits; "
        f"c = digits.Classifier.load({str(tiny)!r}, provider='cpu'); "
        "c.predict(numpy.zeros((9, 9), 'uint8')); print('PIL' in sys.modules)"
    )
    assert python(code) == "False\n"


def test_a_plain_png_is_read_without_pillows_plugins(photo: Callable[..., Path]) -> None:
    code = (
        "import sys; from digits.images import load_image; "
        f"load_image({str(photo('plain.png'))!r}); "
        "print([m for m in sys.modules if m.startswith('PIL.') and 'Plugin' in m])"
    )
    assert python(code) == "[]\n"


def test_a_plain_png_is_read_without_openssl(tiny: Path, photo: Callable[..., Path]) -> None:
    code = (
        "import sys; from digits.cli import main\n"
        f"main(['infer', {str(photo())!r}, '--model', {str(tiny)!r}, '--provider', 'cpu'])\n"
        "print('_hashlib' in sys.modules)"
    )
    assert python(code).endswith("False\n")


def test_every_error_is_exported() -> None:
    family = {name for name, value in vars(errors).items() if isinstance(value, type)}
    assert family < set(digits.__all__)


def test_every_error_has_the_documented_exit_code() -> None:
    family = [value for value in vars(errors).values() if isinstance(value, type)]
    assert {error.__name__: error.exit_code for error in family} == {
        "DigitsError": 1,
        "InputError": 1,
        "OutputError": 1,
        "UsageError": 2,
        "ModelError": 3,
        "ProviderError": 3,
        "MissingExtraError": 3,
        "ParityError": 4,
    }


def test_the_server_s_options_are_known_without_its_extra() -> None:
    code = (
        "import sys, digits.commands.serve; from digits.extras import MODULES; "
        "print([m for m in MODULES['serve'] if m in sys.modules])"
    )
    assert python(code) == "[]\n"


def test_light_commands_name_no_extra() -> None:
    light = {name for name, command in COMMANDS.items() if command.extra is None}
    assert light == {"infer", "eval", "serve", "inspect", "verify", "doctor", "bench"}
    assert all(COMMANDS[name].target.startswith("digits.commands.") for name in light)
