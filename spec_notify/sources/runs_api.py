"""What a runs server answers about a run: its tasks, and the run itself.

`GET /runs/{id}/tasks` answers `{"runId", "source", "items": [{"taskId", "title", "status",
"updatedAt", "error"}]}` or a bare list; `GET /runs/{id}` answers `{"runId", "createdAt", …}`.
Nothing of it is trusted: what cannot be read, or is about something else, says why.
"""

from __future__ import annotations

from typing import Any

import msgspec
import orjson

from spec_notify.core.instant import parse_rfc3339
from spec_notify.core.run import PAGE, Counts, counted

NO_STATUS = "?"
"""The status of a row that says none: it has not ended."""
_TORN = "its rows contradict each other"


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """Why an answer says nothing."""

    why: str


class Rows(msgspec.Struct, frozen=True, kw_only=True):
    """The tasks an answer holds, each counted once."""

    counts: Counts
    rows: int
    """How many there were, the repeated ones too."""
    said: int | None = None
    """How many tasks the run has, by the answer's own word."""

    def missing(self, said: int | None = None) -> str | None:
        """Answer why these cannot be all tasks, `said` being the run's own word; None if they can.

        A verdict over some of a run's tasks would be a guess.
        """
        if self.rows >= PAGE:
            return f"{self.rows} rows, and a server gives no more than {PAGE} at a time"
        told = max((each for each in (said, self.said) if each is not None), default=0)
        if self.counts.total < told:
            return f"{self.counts.total} of {told} tasks were answered"
        return None


class Summary(msgspec.Struct, frozen=True, kw_only=True):
    """What a run says of itself; None where it does not."""

    created_at: int | None = None
    tasks: int | None = None


def read_tasks(body: bytes, run: str) -> Rows | Unread:
    """Read the tasks of a run, with or without the envelope around their list."""
    found = _json(body)
    if isinstance(found, Unread):
        return found
    said = None
    if isinstance(found, dict):
        if _is_other(found, run):
            return Unread(why="the answer is about another run")
        said, found = _count(found.get("taskCount")), found.get("items")
    if not isinstance(found, list):
        return Unread(why="the answer holds no list of tasks")
    tasks: dict[object, str] = {}
    for number, row in enumerate(found):
        key, status = _task(number, row)
        if tasks.setdefault(key, status) != status:
            return Unread(why=_TORN)
    return Rows(counts=counted(tasks.values()), rows=len(found), said=said)


def read_summary(body: bytes, run: str) -> Summary | Unread:
    """Read what a run says of itself."""
    found = _json(body)
    if isinstance(found, Unread):
        return found
    if not isinstance(found, dict) or _is_other(found, run):
        return Unread(why="the answer is about something else")
    return Summary(
        created_at=_instant(found.get("createdAt")), tasks=_count(found.get("taskCount"))
    )


def _json(body: bytes) -> Any:
    if not body.strip():
        return Unread(why="the answer is empty")
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return Unread(why="the answer is no JSON")


def _is_other(found: dict[str, Any], run: str) -> bool:
    named = found.get("runId")
    return isinstance(named, str) and named.casefold() != run.casefold()


def _task(number: int, row: object) -> tuple[object, str]:
    """Answer what a row is counted under, and its status."""
    if not isinstance(row, dict):
        return number, NO_STATUS
    status, key = row.get("status"), row.get("taskId")
    # Rows without an id are each a task of their own.
    return (
        key if isinstance(key, str) and key else number,
        status.strip().casefold() if isinstance(status, str) else NO_STATUS,
    )


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _instant(value: object) -> int | None:
    if not isinstance(value, str) or len(value) > 64:  # noqa: PLR2004 - no instant is longer
        return None
    try:
        at = parse_rfc3339(value)
    except (ValueError, OverflowError):
        return None
    # The year 1 is how some servers spell that they do not know.
    return at if at > 0 else None
