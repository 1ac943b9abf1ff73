"""The event of a team's end: its body is built once from what the manifest says.

Contract, section 5.
"""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import orjson

from .body import encoded
from .body_parts import fitted, whole
from .event import Event, event_id
from .team import Artifact, Team, TeamFacts, TeamRow


def build_team_event(
    team: Team,
    *facts: str | int,
    now: int,
    document: str | None = None,
    source: str | None = None,
) -> Event:
    """Build the event of a team that has ended. Raises ValueError for one that has not.

    `facts` are what makes its id its own; `document` is where its manifest stands, no absolute
    path, and `source` the feed it came from. `now` is milliseconds UTC.
    """
    type_ = team.event_type
    if type_ is None:
        raise ValueError(f"{team.title} has not ended")
    phase: Any = team.phase
    key = event_id(*facts, team.namespace, team.name, team.uid or "", phase)
    row = TeamRow(
        name=team.name,
        namespace=team.namespace,
        phase=phase,
        uid=None if team.uid is None else fitted(team.uid),
        document=None if document is None else whole(document),
    )
    said = TeamFacts(idempotency_key=key, team=row, artifacts=tuple(map(_artifact, team.artifacts)))
    return Event(
        id=key,
        type=type_,
        at=now,
        body=encoded(type_, said, now),
        task=team.title,
        status=phase,
        document=source or document,
    )


def contents(team: Team) -> str:
    """Answer what stands for what the event of a team tells beside its phase: 64 hex characters."""
    told = msgspec.to_builtins(team.artifacts)
    return hashlib.sha256(orjson.dumps(told)).hexdigest()


def _artifact(found: Artifact) -> Artifact:
    made_at, made_by = found.produced_at, found.produced_by
    return Artifact(
        name=fitted(found.name),
        path=None if found.path is None else whole(found.path),
        produced_by=None if made_by is None else fitted(made_by),
        produced_at=None if made_at is None else fitted(made_at),
    )
