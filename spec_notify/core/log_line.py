"""A line of the log: what is said to people, as one JSON object for programs.

Standard library only: the git hook comes through here.
"""

from __future__ import annotations

import json
from enum import StrEnum

from .instant import rfc3339
from .redaction import safe_text

VARIABLE = "SPEC_NOTIFY_LOG_FORMAT"
FORMATS = ("text", "json")


class Level(StrEnum):
    """How much a line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def log_line(message: str, *, at: int, level: Level, event: str, **facts: object) -> str:
    """Answer one JSON object in pure ASCII: `at`, `level`, `event`, `message`, then the facts.

    `at` is milliseconds since the epoch, spelt in RFC 3339. The message is as inert as on a
    terminal, whoever decodes it. Lines of it stay one object.
    """
    said = {
        "at": rfc3339(at),
        "level": level.value,
        "event": event,
        "message": safe_text(message, keep="\n"),
    }
    return json.dumps({**said, **facts}, separators=(",", ":"), default=str)
