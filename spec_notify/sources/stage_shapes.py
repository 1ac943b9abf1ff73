"""What a stage writes when it ends: three generations of files, each with its own words.

The first says per stage what must be well; the second says `success`; the third tells how a run
goes on, and only its last word is an outcome.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, ClassVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.core.artifact import Outcome

STAGES = ("plan", "tasks", "implement", "validate", "audit", "unlock")
"""In the order of a run."""

_STAGE = "|".join(STAGES)
_COMMAND = re.compile(rf"spec-(?:ops-)?(?P<stage>{_STAGE})")
_GUARDRAIL = re.compile(rf"guardrail\.(?P<stage>{_STAGE})")
_HALTED = frozenset({"halt", "halted", "hold", "cancelled", "canceled"})
_ENDED = frozenset({"complete", "completed", "succeeded", "success"})
_FAILED = frozenset({"failed", "failure", "error"})
_LONGEST_WORD = 40

Name = Annotated[str, msgspec.Meta(min_length=1, max_length=128)]


class Shape(msgspec.Struct, rename="camel"):
    """What every generation tells: which run of which SPEC, when, and what it left behind."""

    spec_id: str
    session_id: Name
    timestamp: str = ""
    artifacts: list[object] = []
    schema_version: int | str = 1

    needs_artifacts: ClassVar[bool] = False
    """Whether its writer refuses a stage that left nothing behind."""

    def outcome(self) -> tuple[Outcome, str]:
        """Answer how the stage ended, and the words that say so. Raises ValueError: not at all."""
        raise NotImplementedError


class _Said(msgspec.Struct):
    status: str


class _Worded(Shape):
    """A stage whose outcome hangs on words."""

    needs_artifacts: ClassVar[bool] = True

    def words(self) -> Iterable[tuple[str, set[str]]]:
        """Answer each word, with those that mean it went well."""
        raise NotImplementedError

    def outcome(self) -> tuple[Outcome, str]:
        words = [(word.strip().lower(), good) for word, good in self.words()]
        said = ", ".join(dict.fromkeys(word for word, _ in words))
        if all(word in good for word, good in words):
            return "success", said
        return ("halt" if any(word in _HALTED for word, _ in words) else "failure"), said


class _Hooks(msgspec.Struct):
    start: str = msgspec.field(name="session.start")


class _Plan(_Worded, kw_only=True):
    baseline: _Said
    hooks: _Hooks

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.baseline.status, {"passed", "skipped"}
        yield self.hooks.start, {"ok"}


class _Tasks(_Worded, kw_only=True):
    tool: _Said

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.tool.status, {"ok", "ready", "skipped"}


class _Implement(_Worded, kw_only=True):
    lock: str = msgspec.field(name="lock_status")
    hook: str = msgspec.field(name="hook_status")

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.lock, {"locked"}
        yield self.hook, {"ok"}


class _Scenarios(_Worded, kw_only=True):
    needs_artifacts: ClassVar[bool] = False
    scenarios: Annotated[list[_Said], msgspec.Meta(min_length=1)]

    def words(self) -> Iterable[tuple[str, set[str]]]:
        return [(each.status, {"passed", "skipped"}) for each in self.scenarios]


class _Unlock(_Worded, kw_only=True):
    unlock: str = msgspec.field(name="unlock_status")

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.unlock, {"unlocked"}


class _Guardrail(Shape, kw_only=True):
    success: bool

    def outcome(self) -> tuple[Outcome, str]:
        return ("success", "true") if self.success else ("failure", "false")


class _Lifecycle(Shape, kw_only=True):
    spec_id: str = msgspec.field(name="spec_id")
    session_id: Name = msgspec.field(name="stage_run_id")
    event: str

    def outcome(self) -> tuple[Outcome, str]:
        word = self.event.strip().lower()
        if word in _ENDED:
            return "success", word
        if word in _FAILED:
            return "failure", word
        if word in _HALTED:
            return "halt", word
        raise ValueError(f"its run is {word[:_LONGEST_WORD]!r}: that is no end of a stage")


_WORDED: dict[str, type[_Worded]] = {
    "plan": _Plan,
    "tasks": _Tasks,
    "implement": _Implement,
    "validate": _Scenarios,
    "audit": _Scenarios,
    "unlock": _Unlock,
}


def recognised(known: dict[str, object]) -> tuple[str, type[Shape]]:
    """Answer a file's stage, and the shape to read it by. Raises ValueError, saying what it is."""
    command = str(known.get("command"))
    if said := _COMMAND.fullmatch(command):
        return said["stage"], _WORDED[said["stage"]]
    if said := _GUARDRAIL.fullmatch(command):
        return said["stage"], _Guardrail
    if "command" not in known and "stage_run_id" in known and known.get("stage") in STAGES:
        return str(known["stage"]), _Lifecycle
    if "command" not in known and "agent" in known:
        raise ValueError("what one agent said, not stage telemetry")
    raise ValueError("its `command` is no spec-ops stage")
