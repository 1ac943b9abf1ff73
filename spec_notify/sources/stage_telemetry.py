"""Stage telemetry, schema version 1: what a guardrail stage wrote when it ended.

A file is only pointed at, never sent. Whatever is no valid telemetry is skipped with a reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated

import msgspec

from spec_notify.core.body_parts import Absent, Outcome, Telemetry

from .artefact import (
    TIME,
    Skipped,
    measure,
    natural,
    none_of,
    read_object,
    repository_path,
    time_in,
    told_time,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ARTIFACTS = 16

_STAGE = "plan|tasks|implement|validate|audit|unlock"
_NAME = re.compile(rf"spec-(?P<stage>{_STAGE})_(?P<session>[ -.0-~]+)\.json")
_PER_AGENT = re.compile(rf"[^/]+_{TIME}[^/]*")
_COMMAND = re.compile(rf"spec-(?:ops-)?(?P<stage>{_STAGE})")
_HALTED = {"halt", "halted", "hold"}


class Artifact(msgspec.Struct, frozen=True, kw_only=True):
    """A valid telemetry file: its block, when it was written (milliseconds UTC), and its SPEC."""

    telemetry: Telemetry
    at: int
    spec: str


class _Said(msgspec.Struct):
    status: str


class _Stage(msgspec.Struct, rename="camel"):
    command: str
    spec_id: str
    session_id: Annotated[str, msgspec.Meta(min_length=1, max_length=128)]
    timestamp: str = ""
    schema_version: int | str = 1
    artifacts: list[object] = []

    def words(self) -> Iterable[tuple[str, set[str]]]:
        """Answer each word the stage's outcome hangs on, with those that mean it went well."""
        raise NotImplementedError


class _Hooks(msgspec.Struct):
    start: str = msgspec.field(name="session.start")


class _Plan(_Stage, kw_only=True):
    baseline: _Said
    hooks: _Hooks

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.baseline.status, {"passed", "skipped"}
        yield self.hooks.start, {"ok"}


class _Tasks(_Stage, kw_only=True):
    tool: _Said

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.tool.status, {"ok", "ready", "skipped"}


class _Implement(_Stage, kw_only=True):
    lock: str = msgspec.field(name="lock_status")
    hook: str = msgspec.field(name="hook_status")

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.lock, {"locked"}
        yield self.hook, {"ok"}


class _Scenarios(_Stage, kw_only=True):
    scenarios: Annotated[list[_Said], msgspec.Meta(min_length=1)]

    def words(self) -> Iterable[tuple[str, set[str]]]:
        return [(each.status, {"passed", "skipped"}) for each in self.scenarios]


class _Unlock(_Stage, kw_only=True):
    unlock: str = msgspec.field(name="unlock_status")

    def words(self) -> Iterable[tuple[str, set[str]]]:
        yield self.unlock, {"unlocked"}


_STAGES: dict[str, type[_Stage]] = {
    "plan": _Plan,
    "tasks": _Tasks,
    "implement": _Implement,
    "validate": _Scenarios,
    "audit": _Scenarios,
    "unlock": _Unlock,
}


def candidates(names: Sequence[str]) -> list[str]:
    """Answer the names that may be stage telemetry, newest first by the time in them.

    A name holds when a stage began, so read a few, then ask `newest`. Those without time come last.
    """
    fit = [name for name in names if (found := _NAME.fullmatch(name)) and not _per_agent(found)]
    return sorted(fit, key=lambda name: (time_in(name) or -1, natural(name)), reverse=True)


def read_artifact(path: str, text: str, *, digest: str | None = None) -> Artifact | Skipped:
    """Read a telemetry file, given its repository-relative path.

    `digest` is the SHA-256 of the bytes, hex; without it the text's UTF-8 is hashed.
    """
    try:
        return _artifact(path, text, digest)
    except (ValueError, OverflowError, RecursionError) as error:
        return Skipped(path=path, reason=str(error))


def newest(read: Iterable[Artifact | Skipped]) -> Artifact | Absent:
    """Answer the artifact written last, or why there is none."""
    read = list(read)
    found = [each for each in read if isinstance(each, Artifact)]
    if found:
        return max(found, key=lambda each: (each.at, each.telemetry.path))
    return none_of("stage telemetry", [each for each in read if isinstance(each, Skipped)])


def _artifact(path: str, text: str, digest: str | None) -> Artifact:
    known = read_object(text)
    folder, _, name = path.rpartition("/")
    stage = _stage_of(name, known)
    told = msgspec.convert(known, _STAGES[stage])
    _check(stage, told)
    time = told_time(told.timestamp, name)
    if time is None:
        raise ValueError("no time in it nor in its name")
    sha256, size = measure(text, digest)
    return Artifact(
        at=time[0],
        spec=told.spec_id,
        telemetry=Telemetry(
            schema_version=1,
            stage=stage,
            status=_outcome(told),
            timestamp=time[1],
            session_id=told.session_id,
            path=path,
            sha256=sha256,
            size=size,
            artifacts=_paths(told.artifacts, folder),
        ),
    )


def _per_agent(found: re.Match[str]) -> bool:
    return _PER_AGENT.fullmatch(found["session"]) is not None


def _stage_of(name: str, known: dict[str, object]) -> str:
    if "command" not in known and "agent" in known:
        raise ValueError("what one agent said, not stage telemetry")
    said, named = _COMMAND.fullmatch(str(known.get("command"))), _NAME.fullmatch(name)
    if said is None:
        raise ValueError("its `command` is no spec-ops stage")
    if named is not None and named["stage"] != said["stage"]:
        raise ValueError(f"named for {named['stage']}, its `command` is for {said['stage']}")
    return said["stage"]


def _check(stage: str, told: _Stage) -> None:
    if str(told.schema_version) not in {"1", "1.0"}:
        raise ValueError(f"schemaVersion {str(told.schema_version)[:20]!r} is not 1")
    if any("${" in each for each in (told.spec_id, told.session_id, told.timestamp)):
        raise ValueError("a placeholder stands where a value should")
    if not told.artifacts and stage not in {"validate", "audit"}:
        raise ValueError("it names no artifacts")


def _outcome(told: _Stage) -> Outcome:
    words = [(word.strip().lower(), good) for word, good in told.words()]
    if all(word in good for word, good in words):
        return "success"
    return "halt" if any(word in _HALTED for word, _ in words) else "failure"


def _paths(artifacts: Iterable[object], folder: str) -> tuple[str, ...]:
    raws = (each.get("path") if isinstance(each, dict) else each for each in artifacts)
    paths = (repository_path(raw, beside=folder) for raw in raws)
    return tuple(path for path in paths if path is not None)[:MOST_ARTIFACTS]
