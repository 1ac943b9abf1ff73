"""Every expected exception of the product, on one page, each carrying its facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .config import Problem


class SpecNotifyError(Exception):
    """Something the user can act on; its text names the fact and the fix."""

    exit_code = 1


class UsageError(SpecNotifyError):
    """The command's words are off."""

    exit_code = 2


class SpellingError(UsageError, ValueError):
    """A word is not spelt as what it stands for: a duration, an instant."""


class ConfigError(SpecNotifyError):
    """A configuration with mistakes; all of them, not the first."""

    exit_code = 78

    def __init__(self, origin: str, problems: Sequence[Problem]) -> None:
        self.origin = origin
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in problems))


class NotEnabledError(SpecNotifyError):
    """Nothing trusted enables spec-notify here."""

    exit_code = 78


class NotARepositoryError(SpecNotifyError):
    """The folder is no git repository and holds no watched document."""

    exit_code = 2


class UnansweredError(SpecNotifyError):
    """git could not be asked; what depends on its answer waits for a look that can ask."""


class SpoolError(SpecNotifyError):
    """The spool cannot be used; the text says where it is and what to do."""

    exit_code = 70

    def __init__(self, path: str, why: str) -> None:
        self.path = path
        self.why = why
        super().__init__(f"{path}: {why}")


class StaleBaselineError(SpecNotifyError):
    """Somebody else told this story first; look again."""

    def __init__(self, document: str) -> None:
        self.document = document
        super().__init__(f"{document}: its snapshot moved on while this look was reading")


class IllegalMoveError(SpecNotifyError):
    """A delivery was asked to make a move its state does not allow."""

    exit_code = 70

    def __init__(self, state: str, signal: str) -> None:
        self.state = state
        self.signal = signal
        super().__init__(f"a delivery that is {state} cannot take {signal}")


class SecretError(SpecNotifyError):
    """A signing secret or key is not of its form, or what it signs with is not installed."""

    exit_code = 78


class BusError(SpecNotifyError):
    """A message bus did not take a record; the dead letter it tells of is not touched by that."""

    def __init__(self, bus: str, why: str) -> None:
        self.bus = bus
        self.why = why
        super().__init__(f"{bus} holds no record of a dead letter yet: {why}")


class FormatError(SpecNotifyError):
    """An event lacks what a format tells: no retry mends that."""

    def __init__(self, format: str, type_: str, why: str) -> None:
        self.format = format
        self.type = type_
        super().__init__(f"format {format} cannot spell {type_}: {why}")


class UndeliverableError(SpecNotifyError):
    """An order that can never be sent; the text says why and holds no secret."""


class PayloadError(SpecNotifyError):
    """A body does not fit the schema of its type; it was not spooled."""

    exit_code = 70

    def __init__(self, type_: str, why: str) -> None:
        self.type = type_
        self.why = why
        super().__init__(f"{type_}: {why}")
