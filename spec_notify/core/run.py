"""A run at a server: what its tasks come to together, and whether that is its end.

A run is over when it has a task and every task is done, failed or blocked; it needs attention
unless all of them are done.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, TypeAlias
from urllib.parse import quote, urlsplit

import msgspec

from .addresses import malformed, off_limits
from .errors import SpellingError

if TYPE_CHECKING:
    from collections.abc import Iterable

Outcome: TypeAlias = Literal["success", "attention-required"]
"""What a run comes to."""
SUCCESS: Outcome = "success"
ATTENTION: Outcome = "attention-required"
ENDED = ("done", "failed", "blocked")
"""The statuses a task stays in, case-folded."""
CHANNEL = "DISCORD_WEBHOOK_URL"
"""The variable that names a Discord channel to be told, and the subscription it makes."""
PAGE = 500
"""Rows asked for: the most a server gives; so many may not be all there are."""
LONGEST_ID = 128
_UNFIT = frozenset("/\\?#")


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many tasks of a run stand where; what is in no final status is open."""

    done: int
    failed: int
    blocked: int
    total: int

    @property
    def open(self) -> int:
        """Answer how many tasks are still to end."""
        return self.total - self.done - self.failed - self.blocked

    @property
    def outcome(self) -> Outcome | None:
        """Answer what the run came to; None while it is not over."""
        if self.total == 0 or self.open:
            return None
        return ATTENTION if self.failed or self.blocked else SUCCESS

    def __str__(self) -> str:
        return f"done={self.done} failed={self.failed} blocked={self.blocked} total={self.total}"


def counted(statuses: Iterable[str]) -> Counts:
    """Count tasks by their statuses, whatever their case."""
    found = Counter(each.strip().casefold() for each in statuses)
    return Counts(
        done=found["done"], failed=found["failed"], blocked=found["blocked"], total=found.total()
    )


class RunPlace(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run is told of: the server's base URL, and the run's id there."""

    base: str
    """Without a slash at its end."""
    run: str

    def url(self, below: str = "") -> str:
        """Answer the run's URL, or one below it: `/tasks`, `/events`."""
        return run_url(self.base, self.run, below)

    @property
    def server(self) -> str:
        """Answer the base URL in the one spelling that all of its spellings share."""
        parts = urlsplit(self.base)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
        return f"{parts.scheme}://{(parts.hostname or '').lower()}:{port}{parts.path}"


class Finish(msgspec.Struct, frozen=True, kw_only=True, tag="finish"):
    """The end of a run as a check found it. Instants are milliseconds UTC."""

    place: RunPlace
    counts: Counts
    outcome: Outcome
    checked_at: int
    created_at: int | None = None
    """When the run was made; None where its server does not say."""


def run_url(base: str, run: str, below: str = "") -> str:
    """Answer a run's URL at a server, its id as one segment of the path."""
    return f"{base}/runs/{quote(run, safe='', errors='replace')}{below}"


def read_place(base: str, run: str) -> RunPlace:
    """Read a base URL and a run's id; loopback and private networks are the user's own choice.

    Raises SpellingError, which names neither: whoever asked knows which of the two it was.
    """
    return RunPlace(base=read_base(base), run=read_run_id(run))


def read_base(text: str) -> str:
    """Read a server's base URL. Raises SpellingError."""
    base = text.strip().rstrip("/")
    fault = malformed(base) or off_limits(base, allow_private=True)
    if fault is not None:
        raise SpellingError(fault)
    if {*"?#<>()[]\"'`"} & {*base.removeprefix(_bracketed(base))}:
        raise SpellingError("a base URL ends with its path: no query, fragment or bracket")
    return base


def _bracketed(base: str) -> str:
    # An IPv6 host stands in brackets by right.
    return base[: base.find("]") + 1] if urlsplit(base).netloc.startswith("[") else ""


def read_run_id(text: str) -> str:
    """Read a run's id: one segment of a path, of visible characters. Raises SpellingError."""
    run = text.strip()
    if not run or len(run) > LONGEST_ID:
        raise SpellingError(f"a run's id has 1 to {LONGEST_ID} characters")
    if not run.isprintable() or " " in run or _UNFIT & {*run} or run in {".", ".."}:
        raise SpellingError("a run's id is one word without /, \\, ? and #")
    return run
