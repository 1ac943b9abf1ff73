"""A team of agents as its manifest tells it: how it stands, what it made, and who is to be told.

The words are those of the AgentTeam resource (`kind: AgentTeam`): `spec.lifecycle`, `status`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from .body_parts import Facts, Part, RepoPath
from .event import TEAM_COMPLETED, TEAM_FAILED, TEAM_TIMED_OUT

if TYPE_CHECKING:
    from collections.abc import Mapping

PHASES = (
    *("Pending", "Initializing", "Running"),
    *("Completed", "Failed", "TimedOut", "BudgetExceeded"),
)
"""What `status.phase` may be."""
ENDS: Mapping[str, str] = {
    "Completed": TEAM_COMPLETED,
    "Failed": TEAM_FAILED,
    "TimedOut": TEAM_TIMED_OUT,
    # No type of its own: who wants to hear of a team's failure wants to hear of this one.
    "BudgetExceeded": TEAM_FAILED,
}
"""The phases nothing follows on, and the type of the event that tells each."""
DELIVER = "deliver"
"""The `onComplete` that asks for deliveries."""
NAMESPACE = "default"
"""Where a resource lives whose manifest does not say."""


class Artifact(Part, frozen=True, kw_only=True):
    """Something a team made: a pointer, never its content. None where the status does not say."""

    name: str
    path: str | None = None
    produced_by: str | None = None
    produced_at: str | None = None
    """As written: RFC 3339 in a cluster."""


class TeamRow(Part, frozen=True, kw_only=True):
    """The team as its manifest shows it; document is null where it is no file of a repository."""

    name: str
    namespace: str
    phase: Literal["Completed", "Failed", "TimedOut", "BudgetExceeded"]
    uid: str | None
    document: RepoPath | None


class TeamFacts(Facts, frozen=True, kw_only=True):
    """A team that ended: how, and what it made."""

    team: TeamRow
    artifacts: tuple[Artifact, ...]


class Recipient(Part, frozen=True, kw_only=True):
    """One entry of `spec.lifecycle.delivery`, as written: who is told, where, and in what words."""

    type: str
    artifact_path: str | None = None
    message: str | None = None
    url: str | None = None
    channel: str | None = None
    to: tuple[str, ...] = ()
    subject: str | None = None
    attachment_path: str | None = None
    folder: str | None = None
    credentials_secret: str | None = None
    fault: str | None = None
    """Why it cannot be served as it is written; it says which key, never what stands there."""

    def __repr__(self) -> str:
        # A URL may be a secret, and a traceback shows every value it meets.
        return f"Recipient(type={self.type!r})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("type", self.type)]


class Team(msgspec.Struct, frozen=True, kw_only=True, tag="team"):
    """A team as one manifest shows it. `phase` is None before the cluster has taken it up."""

    name: str
    namespace: str = NAMESPACE
    uid: str | None = None
    """Tells a team from a later one of the same name."""
    phase: str | None = None
    artifacts: tuple[Artifact, ...] = ()
    on_complete: str | None = None
    """None where the manifest states no lifecycle, or no `onComplete` in it."""
    recipients: tuple[Recipient, ...] = ()
    notes: tuple[str, ...] = ()
    """What was not read, and why."""

    @property
    def title(self) -> str:
        """What people call it: `namespace/name`."""
        return f"{self.namespace}/{self.name}"

    @property
    def event_type(self) -> str | None:
        """The type of the event that tells its end; None while it has not ended."""
        return ENDS.get(self.phase or "")
