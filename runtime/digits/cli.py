"""The commands: `digits COMMAND`, and `digits-export` and `digits-infer` under names of their own.

A command's module is imported when that command runs, so that `digits --help` and the light
commands don't pay for the heavy ones, and so that the runtime can name commands that other parts
provide.
"""

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from shlex import quote
from types import MappingProxyType
from typing import NamedTuple

from digits import __version__
from digits.commands.parameters import for_typer
from digits.commands.tables import printable
from digits.errors import DigitsError, OutputError, UsageError
from digits.extras import need

INTERRUPTED = 130


class Command(NamedTuple):
    """A command that is known by name before its code is loaded.

    Attributes:
        target: Where its function is, as "module:function".
        help: One line for `digits --help`.
        extra: The optional part of the package without which its module can't be imported, if any.
        optional: Options that may stand without their value, and what it is then.
        takes_paths: Whether its arguments are paths, any number of them.
    """

    target: str
    help: str
    extra: str | None = None
    optional: Mapping[str, str] = MappingProxyType({})
    takes_paths: bool = False


GROUPS: dict[str, dict[str, Command]] = {
    "Read images": {
        "infer": Command(
            "digits.commands.infer:infer",
            "Read the digits in images and folders",
            takes_paths=True,
        ),
        "eval": Command("digits.commands.evaluate:evaluate", "Measure accuracy on labelled images"),
        "serve": Command(
            "digits.commands.serve:serve", "Read images over HTTP, with a page to draw on"
        ),
    },
    "Make a model": {
        "train": Command(
            "digits_models.commands.train:train", "Train one of the networks", "export"
        ),
        "export": Command(
            "digits_export.commands.export:export",
            "Export a network and prove it equal",
            "export",
            {"--variants": "all"},
        ),
    },
    "Look and check": {
        "show": Command(
            "digits_models.commands.show:show",
            "Draw networks, layer tables and data sets",
            "export",
        ),
        "inspect": Command("digits.commands.inspect:inspect", "Describe an exported model"),
        "verify": Command(
            "digits.commands.verify:verify", "Prove an exported model on this device"
        ),
        "bench": Command(
            "digits.commands.bench:bench", "Measure speed and size beside what others take"
        ),
        "doctor": Command(
            "digits.commands.doctor:doctor", "Say what this machine can run, and why"
        ),
    },
}
COMMANDS = {name: command for group in GROUPS.values() for name, command in group.items()}


def main(args: Sequence[str] | None = None) -> int:
    """Run `digits`: the entry point of the whole product; returns the exit code."""
    args = sys.argv[1:] if args is None else list(args)
    return _guarded("digits", lambda: _dispatch(args))


def export(args: Sequence[str] | None = None) -> int:
    """Run `digits-export`, the same as `digits export`; returns the exit code."""
    return _alone("digits-export", "export", args)


def infer(args: Sequence[str] | None = None) -> int:
    """Run `digits-infer`, the same as `digits infer`; returns the exit code."""
    return _alone("digits-infer", "infer", args)


def help_screen() -> str:
    """The whole product on one screen."""
    lines = ["Usage: digits COMMAND [ARGUMENTS]...", ""]
    lines += [
        "Read handwritten digits on any device, with a model that is proved equal to its network."
    ]
    for title, commands in GROUPS.items():
        lines += ["", f"{title}:"]
        lines += [f"  {name:<10}{command.help}" for name, command in commands.items()]
    lines += [
        "",
        "Options:",
        "  --version Show the version and exit",
        "  --help    Show this screen; `digits COMMAND --help` shows a command's options",
        "",
        "Examples:",
        "  digits infer photo.jpg               the digit in one photo",
        "  digits infer scans/ --format csv     a folder, as a table for a spreadsheet",
        "  digits export --arch lenet           an exported, proved model in bundles/lenet",
    ]
    return "\n".join(lines)


def _alone(prog: str, name: str, args: Sequence[str] | None) -> int:
    args = sys.argv[1:] if args is None else list(args)
    if list(args) == ["--version"]:
        return _guarded(prog, lambda: _say(f"{prog} {__version__}"))
    return _guarded(prog, lambda: _run(prog, COMMANDS[name], args))


def _dispatch(args: Sequence[str]) -> int:
    if not args or args[0] in ("--help", "-h"):
        return _say(help_screen())
    if args[0] == "--version":
        return _say(f"digits {__version__}")
    name = args[0]
    if name not in COMMANDS:
        raise UsageError(_unknown(name))
    prog = f"digits {name}"
    return _guarded(prog, lambda: _run(prog, COMMANDS[name], args[1:]))


def _unknown(name: str) -> str:
    if os.access(name, os.F_OK):
        return f"{name!r} is no command but a path: to read it, run: digits infer {quote(name)}"
    kind = "option" if name.startswith("-") else "command"
    return f"unknown {kind} {name!r}: the commands are {', '.join(COMMANDS)}"


def _say(text: str) -> int:
    print(text)
    return 0


def _run(prog: str, command: Command, args: Sequence[str]) -> int:
    """Run one command, which returns its exit code or None."""
    if command.extra:
        need(command.extra)
    module, _, name = command.target.partition(":")
    function = getattr(import_module(module), name)
    if command.takes_paths and args and not any(map(_is_option, args)):
        # Nothing to parse: typer's import takes a fifth of the time that one image takes.
        return function(list(args)) or 0
    return _parsed(prog, function, _completed(args, command.optional)) or 0


def _is_option(arg: str) -> bool:
    return arg.startswith("-") and arg != "-"


def _parsed(prog: str, function: Callable[..., int | None], args: list[str]) -> int | None:
    """Parse arguments and call a command's function with them."""
    import typer

    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.command()(for_typer(function))
    parser = typer.main.get_command(app)
    try:
        with parser.make_context(prog, args) as context:
            code: int | None = parser.invoke(context)
    except typer.Exit as done:
        return done.exit_code
    except typer.Abort:
        return INTERRUPTED
    except Exception as error:
        message = _usage_message(error)
        if message is None:
            raise
        raise UsageError(f"{message} (see {prog} --help)") from error
    return code


def _completed(args: Sequence[str], optional: Mapping[str, str]) -> list[str]:
    """Arguments with the values that may be left out, which typer has no way to say."""
    completed = []
    for arg, following in zip(args, [*args[1:], "--"], strict=False):
        completed.append(arg)
        if arg in optional and following.startswith("-"):
            completed.append(optional[arg])
    return completed


def _usage_message(error: Exception) -> str | None:
    """The message of a parser's error, whose class differs between versions of typer."""
    format_message = getattr(error, "format_message", None)
    return " ".join(str(format_message()).split()).rstrip(".") if format_message else None


def _guarded(prog: str, call: Callable[[], int]) -> int:
    """Run `call`; turn what it raises into one line on stderr and an exit code."""
    _open_streams()
    try:
        code = call()
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_stdout()
        return 0
    except Exception as error:
        if _interrupted(error):
            return INTERRUPTED
        return _reported(prog, error)
    return code


def _reported(prog: str, error: Exception) -> int:
    """Say what was wrong, and return its exit code; raise what nobody expected again."""
    if isinstance(error, DigitsError):
        print(f"{prog}: error: {printable(str(error))}", file=sys.stderr)
        _flush_or_drop()
        return error.exit_code
    if isinstance(error, OSError):
        problem = f"{error.filename}:" if error.filename else "stdout: can't be written:"
        line = printable(f"{prog}: error: {problem} {error.strerror}")
        print(line, file=sys.stderr)
        _drop_stdout()
        return OutputError.exit_code
    raise error


def _flush_or_drop() -> None:
    """Write what was printed; an error is what was reported already, and once is enough."""
    try:
        sys.stdout.flush()
    except OSError:
        _drop_stdout()


def _interrupted(error: BaseException | None) -> bool:
    """Whether Ctrl-C is behind an error: during an import, packages make an ImportError of it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _open_streams() -> None:
    """Give streams that the caller closed (`>&-`) a descriptor, which no other file should get.

    Nothing can be read from stdin then, and writing to stdout is the error that it should be.
    """
    if sys.stdin is None:
        sys.stdin = open(os.open(os.devnull, os.O_RDONLY))  # noqa: SIM115, PTH123
    if sys.stdout is None:
        sys.stdout = open(os.open(os.devnull, os.O_RDONLY), "w")  # noqa: SIM115, PTH123
    if sys.stderr is None:
        sys.stderr = open(os.open(os.devnull, os.O_WRONLY), "w")  # noqa: SIM115, PTH123
    _escape_stdout()


def _escape_stdout() -> None:
    """File names may hold bytes that are no text: they leave as they came.

    Where the terminal's encoding lacks a character, such as a table's ×, write its number.
    """
    stream = sys.stdout
    if isinstance(stream, TextIOWrapper):
        utf8 = stream.encoding.lower().replace("-", "") == "utf8"
        stream.reconfigure(errors="surrogateescape" if utf8 else "backslashreplace")


def _drop_stdout() -> None:
    """Send what is still buffered nowhere: the reader left, and Python flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
