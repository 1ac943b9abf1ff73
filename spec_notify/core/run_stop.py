"""A run of conductor-loop: what its folder says of it, and how the event of its end tells it.

Instants stay texts, as they may hold nanoseconds; conductor-loop's year 1 is no instant.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from msgspec import Meta

from .body_parts import Evidence, Facts, Instant, Part, Words
from .errors import SpellingError

COMPLETED, FAILED, CRASHED = ENDED = ("completed", "failed", "crashed")
"""The statuses a run ends in."""

_INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|z|[+-]\d\d:\d\d)", re.ASCII
)
_ZERO_YEAR = "0001-"
_SECOND = 1_000_000_000


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    """An instant to the nanosecond: its spelling in UTC, and nanoseconds since the epoch."""

    text: str
    nanos: int


class RunStop(msgspec.Struct, frozen=True, kw_only=True, tag="stop"):
    """A run as its file tells it; names that the file leaves out are those of its folders."""

    path: str
    """Its file, below the root of all runs."""
    project: str
    task: str
    run: str
    agent: str
    status: str
    exit_code: int
    started: Moment | None
    stopped: Moment | None
    """None while it runs, and where it ended before anybody noted when."""
    error: str = ""
    parent: str | None = None
    previous: str | None = None
    """The run of the same task that this one restarts."""

    @property
    def seconds(self) -> float:
        """How long it ran; 0 where a clock does not say, or says that it ended before it began."""
        if self.started is None or self.stopped is None:
            return 0
        nanos = max(0, self.stopped.nanos - self.started.nanos)
        whole, rest = divmod(nanos, _SECOND)
        # A whole number stays one: that is how conductor-loop spells it.
        return nanos / _SECOND if rest else whole


class AgentRun(Part, frozen=True, kw_only=True):
    """The run; stoppedAt is null where nobody noted when it ended."""

    project: str
    task: str
    run: str
    agent: str
    status: Words
    exit_code: int
    started_at: Instant | None
    stopped_at: Instant | None
    duration_seconds: Annotated[float, Meta(ge=0)]
    error_summary: Words
    parent_run: str | None
    previous_run: str | None
    path: Annotated[str, Meta(description="The file that says so, below the root of all runs.")]


class Stood(Part, frozen=True, kw_only=True):
    """What was told of the run before."""

    status: str
    exit_code: int | None


class RunStopFacts(Facts, frozen=True, kw_only=True):
    """A run that ended; a correction says that it ended otherwise than was told before."""

    run: AgentRun
    correction: bool
    previous: Stood | None
    """How it had ended, where this is a correction."""
    appeared: bool
    """It was never seen running."""
    occurrence: Annotated[int, Meta(ge=1)]
    detected_at: Instant
    evidence: Evidence


def read_moment(text: str) -> Moment | None:
    """Read an RFC 3339 instant; None for year 1, which means none. Raises SpellingError."""
    found = _INSTANT.fullmatch(text)
    if found is None:
        raise SpellingError("is no RFC 3339 instant")
    if text.startswith(_ZERO_YEAR):
        return None
    day, clock, fraction, zone = found.groups()
    offset = "+00:00" if zone in "Zz" else zone
    try:
        moment = datetime.fromisoformat(f"{day}T{clock}{offset}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise SpellingError("is no RFC 3339 instant") from None
    spelled = f"{moment:%Y-%m-%dT%H:%M:%S}{f'.{fraction}' if fraction else ''}Z"
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return Moment(text=spelled, nanos=seconds * _SECOND + int((fraction or "").ljust(9, "0")))
