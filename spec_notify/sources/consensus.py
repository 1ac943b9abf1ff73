"""Consensus: what several agents agreed on about a SPEC, as their synthesis file tells it.

The status passes through as written; only what its writer left unfilled is skipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.body_parts import Absent, Agent, Consensus

from .artefact import (
    TIME,
    Skipped,
    measure,
    natural,
    none_of,
    read_object,
    time_in,
    told_time,
)
from .disagreement import disagrees, open_conflicts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MOST_AGENTS, LONGEST_WORD = 8, 64

_STAGE = r"(?:spec-)?(?P<stage>[a-z]+(?:-[a-z]+)*)"
_NAME = re.compile(rf"(?P<run>{_STAGE}(?:_(?P<time>{TIME}))?)_synthesis\.json")
_AGENT_FILE = re.compile(rf"{_STAGE}_{TIME}_(?P<agent>[^/]+?)(?P<metrics>_metrics)?\.json")
_NO_AGENTS = {"synthesis", "verdict", "telemetry"}
_FILLED = ("stage", "specId", "spec_id", "timestamp", "prompt_version", "status")


class Synthesis(msgspec.Struct, frozen=True, kw_only=True, tag="synthesis"):
    """A synthesis: its block, and when it was made (milliseconds UTC), if it says so."""

    consensus: Consensus
    at: int | None
    disagrees: bool
    """It says conflict, tells of conflicts that were not resolved, or flags a disagreement."""
    conflicts: int | None
    """How many; None where it counts none, not even as none."""


class _Report(msgspec.Struct, frozen=True, kw_only=True):
    agent: Agent
    failed: bool

    def completed(self, other: _Report) -> _Report:
        return _Report(agent=_completed(self.agent, other.agent), failed=self.failed)


def candidates(names: Sequence[str]) -> list[str]:
    """Answer the names of syntheses, newest first by the time in them.

    Those without come first: there is one per stage, rewritten in place, its time inside. Read
    them and a few more, then ask `newest`.
    """
    timed = {name: time_in(name) for name in names if _NAME.fullmatch(name)}
    unstamped = float("inf")
    return sorted(timed, key=lambda name: (timed[name] or unstamped, natural(name)), reverse=True)


def agent_files(name: str, names: Sequence[str]) -> list[str]:
    """Answer the files of the agents whose run a synthesis sums up; none without a time in it."""
    found = _NAME.fullmatch(name)
    if found is None or found["time"] is None:
        return []
    return sorted(each for each in names if each.startswith(f"{found['run']}_") and _agent(each))


def read_synthesis(
    path: str, text: str, agents: Mapping[str, str], *, digest: str | None = None
) -> Synthesis | Skipped:
    """Read a synthesis, given its repository-relative path, and its run's agent files by name.

    Agents are those it lists; of one that lists none, those that left a file without an error.
    `digest` is the SHA-256 of the bytes, hex; without it the text's UTF-8 is hashed.
    """
    try:
        return _synthesis(path, text, agents, digest)
    except (ValueError, OverflowError, RecursionError) as error:
        return Skipped(path=path, reason=str(error))


def newest(read: Iterable[Synthesis | Skipped]) -> Synthesis | Absent:
    """Answer the synthesis made last, or why there is none; one without a time is the oldest."""
    read = list(read)
    found = [each for each in read if isinstance(each, Synthesis)]
    if found:
        return max(found, key=lambda each: (each.at is not None, each.at or 0, each.consensus.path))
    return none_of("consensus synthesis", [each for each in read if isinstance(each, Skipped)])


def _synthesis(path: str, text: str, agents: Mapping[str, str], digest: str | None) -> Synthesis:
    known = read_object(text)
    if any("${" in str(known.get(each)) for each in _FILLED):
        raise ValueError("a placeholder stands where a value should")
    name = path.rpartition("/")[2]
    if not _NAME.fullmatch(name):
        raise ValueError("no synthesis by its name")
    time = told_time(known.get("timestamp") or known.get("created_at"), name)
    sha256, size = measure(text, digest)
    status = _status(known)
    return Synthesis(
        at=time[0] if time else None,
        disagrees=disagrees(known, status),
        conflicts=open_conflicts(known),
        consensus=Consensus(
            status=status,
            stage=_stage(known, name),
            timestamp=time[1] if time else None,
            agents=tuple(_agents(known.get("agents"), _reports(agents)))[:MOST_AGENTS],
            path=path,
            sha256=sha256,
            size=size,
        ),
    )


def _status(known: Mapping[str, object]) -> str:
    inner = known.get("consensus")
    told = (
        known.get("status"),
        inner.get("status") if isinstance(inner, dict) else None,
        known.get("consensusStatus"),
        known.get("consensus_status"),
    )
    status = next((each for each in told if isinstance(each, str) and each), None)
    if status is None or len(status) > LONGEST_WORD:
        raise ValueError("it has no status")
    return status


def _stage(known: Mapping[str, object], name: str) -> str | None:
    told, named = _word(known.get("stage")), _NAME.fullmatch(name)
    if told is None:
        return named["stage"] if named else None
    return told.removeprefix("spec-")


def _agent(name: str) -> str | None:
    found = _AGENT_FILE.fullmatch(name)
    return None if found is None or found["agent"] in _NO_AGENTS else found["agent"]


def _reports(files: Mapping[str, str]) -> dict[str, _Report]:
    """Answer what each agent's own file tells of it, completed from its metrics."""
    reports: dict[str, _Report] = {}
    for name in sorted(files):
        agent = _agent(name)
        if agent is not None:
            told, before = _report(agent, files[name]), reports.get(_key(agent))
            # An agent's own file sorts before its metrics: whether it failed is for it to say.
            reports[_key(agent)] = before.completed(told) if before else told
    return reports


def _report(agent: str, text: str) -> _Report:
    try:
        told = read_object(text)
    except (ValueError, RecursionError):
        told = {"error": "unreadable"}
    return _Report(agent=_details(agent, told), failed=bool(told.get("error")))


def _agents(told: object, reports: Mapping[str, _Report]) -> Iterator[Agent]:
    listed = [_listed(each) for each in _entries(told)]
    if not any(listed):
        yield from (each.agent for each in reports.values() if not each.failed)
    for agent in listed:
        if agent is not None:
            report = reports.get(_key(agent.agent or ""))
            yield _completed(agent, report.agent) if report else agent


def _entries(told: object) -> list[object]:
    if isinstance(told, dict):
        active = told.get("active")
        if isinstance(active, list):
            return active
        return [{"agent": name, **each} for name, each in told.items() if isinstance(each, dict)]
    return told if isinstance(told, list) else []


def _listed(entry: object) -> Agent | None:
    if isinstance(entry, dict):
        agent = _details(_word(entry.get("agent")) or _word(entry.get("name")), entry)
        return agent if agent.agent or agent.model else None
    name = _word(entry)
    return _details(name, {}) if name else None


def _details(agent: str | None, told: Mapping[str, object]) -> Agent:
    return Agent(
        agent=_word(agent),
        model=_word(told.get("model")) or _word(told.get("model_id")),
        model_release=_word(told.get("model_release")) or _word(told.get("modelRelease")),
        reasoning_mode=_word(told.get("reasoning_mode")) or _word(told.get("reasoningMode")),
    )


def _completed(agent: Agent, other: Agent) -> Agent:
    return Agent(
        agent=agent.agent or other.agent,
        model=agent.model or other.model,
        model_release=agent.model_release or other.model_release,
        reasoning_mode=agent.reasoning_mode or other.reasoning_mode,
    )


def _key(agent: str) -> str:
    return agent.replace("-", "_")


def _word(value: object) -> str | None:
    """Answer a short plain word; what is none says nothing an event should repeat."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_WORD or "${" in value:
        return None
    return value if value.isascii() and value.isprintable() else None
