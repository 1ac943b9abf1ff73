"""A record of conductor-loop's message bus: a header of flat YAML between two `---`, then a body.

https://github.com/jonnyzzz/conductor-loop. Readers cut the file at every line that is `---`, so no
other line may be one.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec

from .redaction import safe_text

if TYPE_CHECKING:
    from .delivery import Delivery

BUS = "TASK-MESSAGE-BUS.md"
WARN = "WARN"

_RULE = "---"
_SECOND = 1_000_000_000
_PIDS, _SEQUENCES = 100_000, 10_000
_EXHAUSTED = re.compile(r"; exhausted after \d+ attempts?$")
# What no reader of YAML takes for anything but a text.
_PLAIN = re.compile(r"(?:[A-Za-z][A-Za-z0-9._-]*|\d{8}-\d{10}-[A-Za-z0-9._-]+)", re.ASCII)
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


class BusRecord(msgspec.Struct, frozen=True, kw_only=True):
    """What a record says; `at` is nanoseconds UTC, `pid` and `sequence` tell writers apart."""

    at: int
    pid: int
    sequence: int
    project: str
    task: str
    run: str
    body: str
    type: str = WARN

    def spelled(self) -> bytes:
        """Answer the record as it is appended, without the blank line before it."""
        header = {
            "msg_id": self.id,
            "ts": _instant(self.at),
            "type": _scalar(self.type),
            "project_id": _scalar(self.project),
            "task_id": _scalar(self.task),
            "run_id": _scalar(self.run),
        }
        lines = [f"{key}: {value}" for key, value in header.items()]
        return "\n".join([_RULE, *lines, _RULE, harmless(self.body), ""]).encode("utf-8", "replace")

    @property
    def id(self) -> str:
        """Answer the record's id, which sorts by time."""
        seconds, nanos = divmod(self.at, _SECOND)
        stamp = f"{_moment(seconds):%Y%m%d-%H%M%S}-{nanos:09d}"
        return f"MSG-{stamp}-PID{self.pid % _PIDS:05d}-{self.sequence % _SEQUENCES:04d}"


def dead_letter_text(delivery: Delivery) -> str:
    """Say that a delivery was given up, as conductor-loop says it of its own webhook."""
    why = _EXHAUSTED.sub("", delivery.reason or "no reason is known")
    plural = "" if delivery.tries == 1 else "s"
    tried = f"webhook delivery failed after {delivery.tries} attempt{plural}: "
    said = f"webhook delivery failed: {tried if delivery.tries else ''}{why}"
    return f"{safe_text(said)} {dead_letter_mark(delivery)}"


def dead_letter_mark(delivery: Delivery) -> str:
    """Answer what a record of this dead letter holds, and of no other: not of its replay's."""
    name = safe_text(delivery.subscription)
    return f"(delivery {delivery.id}, target {name}, attempt {delivery.attempts})"


def harmless(body: str) -> str:
    """Answer a body of which no line begins or ends a record."""
    lines = body.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n").split("\n")
    return "\n".join(f"  {line}" if line == _RULE else line for line in lines)


def _scalar(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    # JSON's strings are YAML's double-quoted ones.
    return json.dumps(text, ensure_ascii=False)


def _instant(at: int) -> str:
    seconds, nanos = divmod(at, _SECOND)
    fraction = f".{nanos:09d}".rstrip("0").rstrip(".")
    return f"{_moment(seconds):%Y-%m-%dT%H:%M:%S}{fraction}Z"


def _moment(seconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
