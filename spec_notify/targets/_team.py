"""The end of a team in a Slack text, word by word as its operator writes it.

Names in it are whoever's who made the team or its artifacts: none of them mentions anybody, links
or begins a line. One that could do nothing of it stands as it is.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from spec_notify.core.event import TEAM_COMPLETED, TEAM_FAILED, TEAM_TIMED_OUT, TEST
from spec_notify.targets._sentences import read
from spec_notify.targets._wording import one_line

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = frozenset((TEAM_COMPLETED, TEAM_FAILED, TEAM_TIMED_OUT, TEST))
LONGEST = 40_000
"""Characters of a text that Slack takes: https://docs.slack.dev/changelog/2018-truncating-really-long-messages"""
_NAME_LIMIT = 300
_JOINER = "\u2060"
_ESCAPES: Mapping[str, str] = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
# What Slack may make a link or a mention of by itself, without angle brackets.
_TRIGGER = re.compile(
    r"(?<=:)(?=//)|(?<=mailto:)(?=\S)|(?<=(?<!\w)@)(?=\w)|(?<=@)(?=[\w-]+\.[^\W\d])",
    re.IGNORECASE,
)


def told(type_: str, body: bytes) -> dict[str, Any] | None:
    """Answer the members of a body in the team format; None for any other."""
    found = read(body) if type_ in TYPES else {}
    return found if isinstance(found.get("team"), str) else None


def text(found: dict[str, Any]) -> str:
    """Answer the message, or a sentence in its place, and the artifacts under it."""
    message = found.get("message")
    said = message if isinstance(message, str) and message else _sentence(found)
    artifacts = [each for each in found.get("artifacts") or () if isinstance(each, dict)]
    lines = "".join(f"• {_made(each)}\n" for each in artifacts)
    return (f"{said}\nArtifacts:\n{lines}" if lines else said)[:LONGEST]


def _sentence(found: dict[str, Any]) -> str:
    team, phase = _name(found.get("team")), _name(found.get("phase"))
    return f"Team *{team}* finished with phase *{phase}*."


def _made(artifact: dict[str, Any]) -> str:
    name, maker = _name(artifact.get("name")), _name(artifact.get("producedBy"))
    return f"{name} (by {maker})" if maker else name


def _name(found: object) -> str:
    line = one_line(found, _NAME_LIMIT) if isinstance(found, str) else ""
    return "".join(_ESCAPES.get(char, char) for char in _TRIGGER.sub(_JOINER, line))
