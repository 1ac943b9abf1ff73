"""The team format: the end of a team of agents as its operator posts it, key by key."""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from spec_notify.core.errors import FormatError
from spec_notify.core.event import TEAM_COMPLETED, TEAM_FAILED, TEAM_TIMED_OUT, TEST

content_type = "application/json"
_TYPES = frozenset((TEAM_COMPLETED, TEAM_FAILED, TEAM_TIMED_OUT))
_SAMPLE = {"name": "spec-notify-test", "namespace": "default", "phase": "Completed"}


class Spelling(msgspec.Struct, frozen=True, kw_only=True):
    """The format (`ports.Format`) with the message of one entry of the manifest's delivery list."""

    message: str | None = None
    content_type: str = content_type

    def spell(self, body: bytes) -> bytes:
        """Answer event, team, namespace and phase; message and artifacts where there are any.

        A test is told as a team of ours. Raises FormatError for an event that is about no team.
        """
        native: dict[str, Any] = orjson.loads(body)
        if native["type"] not in {*_TYPES, TEST}:
            raise FormatError("team", native["type"], "it is about no team")
        data: dict[str, Any] = native["data"]
        team: dict[str, Any] = data["team"] if native["type"] != TEST else _SAMPLE
        artifacts = [_artifact(each) for each in data.get("artifacts", ())]
        told = {
            "event": native["type"],
            "team": team["name"],
            "namespace": team["namespace"],
            "phase": team["phase"],
            **({"message": self.message} if self.message else {}),
            **({"artifacts": artifacts} if artifacts else {}),
        }
        return orjson.dumps(told)


def spell(body: bytes) -> bytes:
    """Answer a body as a watched manifest tells it: without message."""
    return Spelling().spell(body)


def _artifact(told: dict[str, Any]) -> dict[str, str]:
    return {key: each for key, each in told.items() if each is not None}
