"""AgentTeam manifests: YAML or JSON, one or many, or what a list command prints; never more.

One bad thing hurts only itself: a document that cannot be read is a fault beside the teams that
can, a wrong entry of `delivery` a recipient that cannot be served.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from spec_notify.core.team import NAMESPACE, PHASES, Artifact, Recipient, Team

from . import json_values, yaml_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KIND = "AgentTeam"
MOST_BYTES = 4_194_304
"""Of a file that is read at all."""
MOST_TEAMS = 1_000
MOST_ARTIFACTS = 500
MOST_RECIPIENTS = 100
MOST_FAULTS = 100
"""Of a text that are told one by one; of more, how many there are."""
LONGEST = 10_000
"""Characters of one text of a manifest."""
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_KEYS: Mapping[str, str] = {
    field: key
    for field, key in zip(
        Recipient.__struct_fields__, Recipient.__struct_encode_fields__, strict=True
    )
    if field not in {"type", "to", "fault"}
}
"""Texts of an entry of `delivery`: the field each fills, and how a manifest spells it."""


class Manifests(msgspec.Struct, frozen=True, kw_only=True):
    """What a text holds: its teams in order, what could not be read, and how much else there is."""

    teams: tuple[Team, ...] = ()
    faults: tuple[str, ...] = ()
    others: int = 0
    """Resources of other kinds."""


class _FaultError(ValueError):
    """Why a resource is no team we can read."""


def read_manifests(text: str) -> Manifests:
    """Read every AgentTeam of a text; what is wrong is a fault, never an exception."""
    teams: list[Team] = []
    faults = _Faults()
    others = 0
    for place, found in _Resources(text, faults):
        if not isinstance(found, dict) or found.get("kind") != KIND:
            if isinstance(found, dict) and isinstance(found.get("kind"), str):
                others += 1
            else:
                faults.add(f"{place}: it is no resource: kind is missing")
        elif len(teams) == MOST_TEAMS:
            faults.add(f"{place}: more than {MOST_TEAMS:,} teams are not read")
            break
        else:
            try:
                teams.append(_team(found))
            except _FaultError as fault:
                faults.add(f"{place}: {fault}")
    return Manifests(teams=tuple(teams), faults=faults.told(), others=others)


class _Faults:
    """What could not be read: the first faults in words, and how many more there are."""

    def __init__(self) -> None:
        self._words: list[str] = []
        self._more = 0

    def add(self, words: str) -> None:
        if len(self._words) < MOST_FAULTS:
            self._words.append(words)
        else:
            self._more += 1

    def told(self) -> tuple[str, ...]:
        more = (f"{self._more:,} more of it cannot be read",) if self._more else ()
        return (*self._words, *more)


class _Resources:
    """The resources of a text, each with words for where it stands; lists are opened."""

    def __init__(self, text: str, faults: _Faults) -> None:
        self._text = text.removeprefix("\ufeff")
        self._faults = faults

    def __iter__(self) -> Iterator[tuple[str, object]]:
        number = 0
        try:
            for number, found in enumerate(self._documents(), 1):
                if found is not None:
                    yield from _opened(f"document {number}", found)
        except (yaml_values.YamlError, json_values.JsonError) as error:
            self._faults.add(f"document {number + 1}: {error}")

    def _documents(self) -> Iterator[object]:
        if not self._text.lstrip().startswith("{"):
            yield from yaml_values.documents(self._text)
            return
        try:
            found = json_values.value(self._text)
        except json_values.JsonError:
            # YAML's braces look the same; and a text beyond its bounds is no JSON of ours either.
            if len(self._text) > yaml_values.LONGEST:
                raise
            yield from yaml_values.documents(self._text)
        else:
            yield found


def _opened(place: str, found: object) -> Iterator[tuple[str, object]]:
    """Answer a resource, or those of a list: `List`, `AgentTeamList`, whatever `kubectl` says."""
    kind = found.get("kind") if isinstance(found, dict) else None
    if not isinstance(found, dict) or not isinstance(kind, str) or not kind.endswith("List"):
        yield place, found
        return
    items = found.get("items")
    if not isinstance(items, list):
        yield place, {}
        return
    for number, item in enumerate(items, 1):
        # The API's own answer leaves out the kind of what a typed list holds.
        bare = isinstance(item, dict) and "kind" not in item and kind == f"{KIND}List"
        yield f"{place}, item {number}", {**item, "kind": KIND} if bare else item


def _team(found: dict[str, Any]) -> Team:
    metadata, status = _table(found, "metadata"), _table(found, "status")
    lifecycle = _table(_table(found, "spec"), "lifecycle")
    notes: list[str] = []
    name = _text(metadata, "name")
    if name is None:
        raise _FaultError("metadata.name is missing")
    namespace = _text(metadata, "namespace") or NAMESPACE
    if not _NAME.fullmatch(name) or not _NAME.fullmatch(namespace):
        raise _FaultError("metadata.name or namespace is no name of Kubernetes")
    phase = _text(status, "phase") or None
    if phase is not None and phase not in PHASES:
        raise _FaultError(f"status.phase is none of {', '.join(PHASES)}")
    return Team(
        name=name,
        namespace=namespace,
        uid=_text(metadata, "uid") or None,
        phase=phase,
        artifacts=tuple(_artifacts(status, notes)),
        on_complete=_text(lifecycle, "onComplete") or None,
        recipients=tuple(map(_recipient, _list(lifecycle, "delivery", MOST_RECIPIENTS))),
        notes=tuple(notes),
    )


def _artifacts(status: Mapping[str, Any], notes: list[str]) -> Iterator[Artifact]:
    every = _list(status, "artifacts")
    for number, each in enumerate(every[:MOST_ARTIFACTS], 1):
        try:
            yield _artifact(each)
        except _FaultError as fault:
            notes.append(f"artifact {number} is left out: {fault}")
    if len(every) > MOST_ARTIFACTS:
        notes.append(f"of {len(every):,} artifacts the first {MOST_ARTIFACTS} are told")


def _artifact(found: object) -> Artifact:
    known = found if isinstance(found, dict) else {}
    name = _text(known, "name") or _text(known, "path")
    if not name:
        raise _FaultError("it has no name")
    return Artifact(
        name=name,
        path=_text(known, "path") or None,
        produced_by=_text(known, "producedBy") or None,
        produced_at=_text(known, "producedAt") or None,
    )


def _recipient(found: object) -> Recipient:
    """Read an entry of `delivery`; a wrong one keeps its type, and says what is wrong."""
    known = found if isinstance(found, dict) else {}
    try:
        type_ = _text(known, "type") or ""
    except _FaultError as fault:
        return Recipient(type="", fault=str(fault))
    if not type_:
        return Recipient(type="", fault="type is missing")
    try:
        words = {field: _text(known, key) or None for field, key in _KEYS.items()}
        return Recipient(type=type_, to=_addressed(known), **words)
    except _FaultError as fault:
        return Recipient(type=type_, fault=str(fault))


def _addressed(found: Mapping[str, Any]) -> tuple[str, ...]:
    to = _list(found, "to", MOST_RECIPIENTS)
    return tuple(_text({"to": each}, "to") or "" for each in to)


def _table(found: Mapping[str, Any], key: str) -> dict[str, Any]:
    inner = found.get(key)
    if inner is None:
        return {}
    if not isinstance(inner, dict):
        raise _FaultError(f"{key} is no mapping")
    return inner


def _list(found: Mapping[str, Any], key: str, most: int | None = None) -> list[Any]:
    inner = found.get(key)
    if inner is None:
        return []
    if not isinstance(inner, list):
        raise _FaultError(f"{key} is no list")
    if most is not None and len(inner) > most:
        raise _FaultError(f"{key} has more than {most} entries")
    return inner


def _text(found: Mapping[str, Any], key: str) -> str | None:
    inner = found.get(key)
    if inner is None:
        return None
    if not isinstance(inner, str):
        raise _FaultError(f"{key} is no text")
    if len(inner) > LONGEST:
        raise _FaultError(f"{key} is longer than {LONGEST:,} characters")
    # A JSON escape can spell half a character, which could be neither stored nor sent.
    return inner.encode("utf-8", "replace").decode()
