"""Stage telemetry: what a guardrail stage wrote when it ended.

A file is only pointed at, never sent. Whatever is no valid telemetry is skipped with a reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.body_parts import Absent, Telemetry

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
from .stage_shapes import STAGES, Shape, recognised

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MOST_ARTIFACTS = 16
_LONGEST_SAID = 120

_STAGE = "|".join(STAGES)
_NAME = re.compile(
    rf"spec-(?P<stage>{_STAGE})_(?P<session>[ -.0-~]+)\.json"
    rf"|guardrail-(?P<guarded>{_STAGE})-{TIME}_\d+\.json"
    rf"|[!-.0-~]+_spec-(?P<told>{_STAGE})_telemetry_\d{{8}}_\d{{6}}\.json"
)
_PER_AGENT = re.compile(rf"[^/]+_{TIME}[^/]*")


class Artifact(msgspec.Struct, frozen=True, kw_only=True, tag="stage"):
    """A valid telemetry file: its block, and when it was written (milliseconds UTC)."""

    telemetry: Telemetry
    at: int
    started: int | None
    """When the stage began (milliseconds UTC), where its session id holds a time."""
    said: str
    """The words its outcome was read from."""


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
    if "${" in text:
        raise ValueError("a placeholder stands where a value should")
    known = read_object(text)
    folder, _, name = path.rpartition("/")
    stage, shape = recognised(known)
    _check_name(name, stage)
    told = msgspec.convert(known, shape)
    _check(told, folder.rpartition("/")[2])
    time = told_time(told.timestamp, name)
    if time is None:
        raise ValueError("no time in it nor in its name")
    sha256, size = measure(text, digest)
    outcome, said = told.outcome()
    return Artifact(
        at=time[0],
        started=time_in(told.session_id),
        said=said[:_LONGEST_SAID],
        telemetry=Telemetry(
            schema_version=1,
            stage=stage,
            status=outcome,
            timestamp=time[1],
            session_id=told.session_id,
            path=path,
            sha256=sha256,
            size=size,
            artifacts=_paths(told.artifacts, folder),
        ),
    )


def _per_agent(found: re.Match[str]) -> bool:
    return found["session"] is not None and _PER_AGENT.fullmatch(found["session"]) is not None


def _check_name(name: str, stage: str) -> None:
    found = _NAME.fullmatch(name)
    named = found and (found["stage"] or found["guarded"] or found["told"])
    if named and named != stage:
        raise ValueError(f"named for {named}, its `command` is for {stage}")


def _check(told: Shape, spec: str) -> None:
    # A folder whose name was cut short still is that SPEC's.
    if not (told.spec_id.startswith(spec) or spec.startswith(told.spec_id)):
        raise ValueError(f"it is about {told.spec_id[:60]}, not about {spec[:60]}")
    if str(told.schema_version) not in {"1", "1.0"}:
        raise ValueError(f"schemaVersion {str(told.schema_version)[:20]!r} is not 1")
    if told.needs_artifacts and not told.artifacts:
        raise ValueError("it names no artifacts")


def _paths(artifacts: Iterable[object], folder: str) -> tuple[str, ...]:
    raws = (each.get("path") if isinstance(each, dict) else each for each in artifacts)
    paths = (repository_path(raw, beside=folder) for raw in raws)
    return tuple(path for path in paths if path is not None)[:MOST_ARTIFACTS]
