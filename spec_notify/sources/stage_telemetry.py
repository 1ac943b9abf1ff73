"""Stage telemetry, schema version 1: what a guardrail stage wrote when it ended.

A file is only pointed at, never sent. Whatever is no valid telemetry is skipped with a reason;
time is read from inside a file or from its name, never from the file system.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Annotated

import msgspec
import orjson

from spec_notify.core.instant import parse_rfc3339, rfc3339
from spec_notify.core.payload import Absent, Outcome, Telemetry

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ARTIFACTS, LONGEST_PATH = 16, 240
TIME = r"\d{4}-?\d\d-?\d\dT\d\d[:_-]?\d\d[:_-]?\d\d(?:\.\d{1,9})?Z?"

_TIME = re.compile(TIME)
_STAGE = "plan|tasks|implement|validate|audit|unlock"
_NAME = re.compile(rf"spec-(?P<stage>{_STAGE})_(?P<session>[ -.0-~]+)\.json")
_PER_AGENT = re.compile(rf"[^/]+_{TIME}[^/]*")
_COMMAND = re.compile(rf"spec-(?:ops-)?(?P<stage>{_STAGE})")
_UTC = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
_ELSEWHERE = re.compile(r"[/\\~]|[A-Za-z]:[/\\]|[A-Za-z][A-Za-z0-9+.-]*://")
_FOLDERS = r"docs|\.kiro|\.taskmaster|openspec|(?<!\.kiro/)specs|backlog|evidence|scripts"
_KNOWN = (
    re.compile(r"(?:.*?/)?(docs/SPEC-.+)"),
    # The last one: what stands before it may be anybody's home.
    re.compile(rf"(?:.*/)?((?:{_FOLDERS})/.+)"),
)
_HALTED = {"halt", "halted", "hold"}


class Skipped(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is not what its place suggests, and why."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path.rpartition('/')[2]}: {self.reason}"


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


def none_of(what: str, skipped: Sequence[Skipped]) -> Absent:
    """Say why there is none of something: nothing was there, or what was had to be skipped."""
    if not skipped:
        return Absent(reason=f"no {what} found")
    others = f", and {len(skipped) - 1} more skipped" if len(skipped) > 1 else ""
    return Absent(reason=f"no valid {what}: {skipped[0]}{others}")


def read_object(text: str) -> dict[str, object]:
    """Read a JSON object. Raises ValueError, saying what stands there instead."""
    if not text.strip():
        raise ValueError("empty")
    try:
        known = orjson.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from error
    if not isinstance(known, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - one kind of misfit, one kind of error
    return known


def measure(text: str, digest: str | None) -> tuple[str, int]:
    """Answer a file's SHA-256 (hex; the given digest, if any) and its size in bytes."""
    body = text.encode("utf-8", "surrogatepass")
    return digest or hashlib.sha256(body).hexdigest(), len(body)


def time_in(name: str) -> int | None:
    """Answer the first time in a file name, milliseconds UTC."""
    found = _TIME.search(name)
    if found is None:
        return None
    digits = re.sub(r"[^\d.]", "", found[0])
    try:
        return parse_rfc3339(f"{digits[:8]}T{digits[8:]}")
    except ValueError:
        return None


def told_time(told: object, name: str) -> tuple[int, str] | None:
    """Answer the time a file tells, or else its name, and its RFC 3339 spelling in UTC."""
    try:
        at = parse_rfc3339(told) if isinstance(told, str) else time_in(name)
    except ValueError:
        at = time_in(name)
        told = None
    if at is None:
        return None
    return at, told if isinstance(told, str) and _UTC.fullmatch(told) else rfc3339(at)


def natural(name: str) -> str:
    """Answer a sort key by which `ci-9` comes before `ci-10`."""
    return re.sub(r"\d+", lambda digits: digits[0].zfill(20), name)


def repository_path(raw: object, *, beside: str) -> str | None:
    """Answer a repository-relative path for one that may be absolute on the writer's host.

    `beside` is the folder of the file that names it. What leads outside every known folder is cut
    to its base name; None for what is no path.
    """
    if not isinstance(raw, str) or not raw.isprintable():
        return None
    parts = [part for part in raw.replace("\\", "/").split("/") if part not in {"", "."}]
    path = "/".join(parts)
    if _ELSEWHERE.match(raw) or ".." in parts:
        path = _inside(path, beside)
    if ".." in path.split("/") or len(path.encode()) > LONGEST_PATH:
        path = parts[-1]
    return path if path not in {"", ".."} and len(path.encode()) <= LONGEST_PATH else None


def _inside(path: str, beside: str) -> str:
    own = f"/{path}".find(f"/{beside}/")
    if own >= 0:
        return path[own:]
    found = next((match[1] for each in _KNOWN if (match := each.match(path))), None)
    return found or path.rpartition("/")[2]


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
