"""A command's parameters, declared in annotations as for typer, but without importing it.

typer takes longer to import than an image to be read, and a command that is called with nothing but
paths has nothing to parse.
"""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, get_args, get_origin


class Argument(NamedTuple):
    """A positional parameter.

    Attributes:
        metavar: What the usage calls it.
        help: One line for `--help`.
    """

    metavar: str
    help: str


class Option:
    """A named parameter.

    Args:
        names: "--format", "-f"; made from the parameter's name if there are none.
        help: One line for `--help`.
        metavar: What the usage calls its value; its type if None.
        min: The smallest value that is allowed.
    """

    def __init__(
        self,
        *names: str,
        help: str,  # noqa: A002, typer's name
        metavar: str | None = None,
        min: int | None = None,  # noqa: A002, typer's name
    ) -> None:
        self.names = names
        self.settings: dict[str, Any] = {"help": help, "metavar": metavar, "min": min}


def for_typer(function: Callable[..., Any]) -> Callable[..., Any]:
    """A command's function with typer's own declarations in the place of these."""
    from functools import wraps
    from inspect import signature

    @wraps(function)
    def command(**values: Any) -> Any:
        return function(**values)

    declared = signature(function, eval_str=True)
    parameters = [
        parameter.replace(annotation=_typers(parameter.annotation))
        for parameter in declared.parameters.values()
    ]
    command.__signature__ = declared.replace(parameters=parameters)  # type: ignore[attr-defined]
    return command


def _typers(annotation: Any) -> Any:
    """An annotation as typer reads it; commands that load it anyway declare theirs with its own."""
    import typer

    kind, *declarations = get_args(annotation) if get_origin(annotation) is Annotated else [None]
    match declarations:
        case [Argument() as argument]:
            return Annotated[kind, typer.Argument(**argument._asdict())]
        case [Option() as option]:
            return Annotated[kind, typer.Option(*option.names, **option.settings)]
    return annotation
