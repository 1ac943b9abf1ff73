"""Instants and durations: integers of milliseconds, and their spellings."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from .errors import SpellingError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,3})?)(ms|s|m|h|d)")
_UNIT = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}


def rfc3339(at: int) -> str:
    """Spell an instant (milliseconds since the epoch) in UTC, as `2026-11-20T10:00:00.123Z`."""
    moment = _EPOCH + timedelta(milliseconds=at)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{at % 1000:03d}Z"


def file_stamp(at: int) -> str:
    """Spell an instant so that names sort by time, as `20261120T100000.123Z`."""
    return rfc3339(at).replace("-", "").replace(":", "")


def parse_rfc3339(text: str) -> int:
    """Read an ISO 8601 instant; one without offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round((moment - _EPOCH) / timedelta(milliseconds=1))


def parse_moment(text: str, *, now: int) -> int:
    """Read an instant, a date (its first moment, UTC) or how long ago, as `7d`.

    Nothing is older than 1970: what lies before it is its first moment. Raises SpellingError.
    """
    with suppress(SpellingError):
        return max(now - parse_duration(text), 0)
    try:
        return max(parse_rfc3339(text), 0)
    except ValueError:
        ways = "write 2026-11-20T10:00:00Z, 2026-11-20, or how long ago, as 7d"
        raise SpellingError(f"{text or 'an empty text'} is no instant: {ways}") from None


def parse_duration(text: str) -> int:
    """Read a number and ms, s, m, h or d into milliseconds. Raises SpellingError."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise SpellingError(f"{text!r} is no duration: write a number and ms, s, m, h or d")
    return round(float(found[1]) * _UNIT[found[2]])


def rounded_duration(millis: float) -> str:
    """Spell milliseconds for people, in one unit or two: `840ms`, `12.3s`, `2m 31s`, `1h 5m`."""
    if millis < _UNIT["s"]:
        return f"{millis:.0f}ms"
    seconds = millis / _UNIT["s"]
    if seconds < 60:  # noqa: PLR2004 - seconds in a minute
        return f"{seconds:.1f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes in an hour
        return f"{minutes}m {rest}s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h {minutes}m"


def spell_duration(millis: int) -> str:
    """Spell milliseconds in the largest unit that divides them, as `parse_duration` reads it."""
    for unit in ("d", "h", "m", "s"):
        if millis and millis % _UNIT[unit] == 0:
            return f"{millis // _UNIT[unit]}{unit}"
    return f"{millis}ms"
