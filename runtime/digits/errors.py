"""What can go wrong, as one family of exceptions.

Every message names the thing that was wrong and what to do about it, in one line. Each class
carries the exit code that the commands end with, so that the commands need no table of their own.
"""


class DigitsError(Exception):
    """Base of every error that this project raises on purpose."""

    exit_code: int = 1


class InputError(DigitsError):
    """An input can't be used: not an image, empty, too large, missing, an unreadable data set."""

    exit_code = 1


class OutputError(DigitsError):
    """A result can't be written, for example because the disk is full."""

    exit_code = 1


class UsageError(DigitsError):
    """The call itself is wrong: an unknown architecture, provider, format or option value."""

    exit_code = 2


class ModelError(DigitsError):
    """A model, its bundle or its weights can't be used: unknown, incomplete or changed."""

    exit_code = 3


class ProviderError(DigitsError):
    """The execution provider asked for can't be had on this machine."""

    exit_code = 3


class MissingExtraError(DigitsError):
    """An optional part of the package isn't installed; the message holds the install command."""

    exit_code = 3


class ParityError(DigitsError):
    """An exported model does not answer like the trained net, or a golden isn't met."""

    exit_code = 4
