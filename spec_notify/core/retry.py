"""When to try again: printable schedules, bounded jitter, and the receiver's own wish.

Contract, section 6: the named schedules, and that the last delay repeats beyond their length.
"""

from __future__ import annotations

import re
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

import msgspec

from .instant import parse_duration, spell_duration

if TYPE_CHECKING:
    from collections.abc import Sequence

SCHEDULES = {
    "default": ("1s", "2s", "4s", "8s", "10s", "1m", "5m", "30m", "2h", "6h"),
    "standard": ("5s", "5m", "30m", "2h", "5h", "10h", "14h", "20h", "24h"),
    "conductor": ("1s", "2s"),
}
RETRY_AFTER_CAP = 3_600_000
_SECONDS = re.compile(r"[0-9]+")
_MOST_SECONDS = 10**10
"""Longer waits are read as this one, some three hundred years: the cap makes them all one hour."""


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Delays in milliseconds between attempts, how many attempts, and how much they scatter."""

    delays: tuple[int, ...]
    max_attempts: int
    jitter: float = 0.2


class Delay(msgspec.Struct, frozen=True, kw_only=True):
    """A wait in milliseconds, and whether the receiver asked for it and was capped."""

    millis: int
    asked: int | None = None
    capped: bool = False


def schedule(
    spelled: str | Sequence[str] = "default",
    *,
    max_attempts: int | None = None,
    jitter: float = 0.2,
) -> Schedule:
    """Build a schedule from its name or its list of durations. Raises ValueError."""
    if max_attempts is not None and max_attempts < 1:
        raise ValueError("max_attempts counts the first attempt: it is at least 1")
    if not 0 <= jitter <= 1:
        raise ValueError("jitter is a share of the delay: between 0 and 1")
    if isinstance(spelled, str):
        if spelled not in SCHEDULES:
            known = ", ".join(SCHEDULES)
            raise ValueError(f"{spelled!r} is no schedule: one of {known}, or a list")
        spelled = SCHEDULES[spelled]
    delays = tuple(parse_duration(each) for each in spelled)
    if not delays:
        raise ValueError("a schedule needs at least one delay")
    return Schedule(delays=delays, max_attempts=max_attempts or len(delays) + 1, jitter=jitter)


def next_delay(
    tries: int, plan: Schedule, *, jitter: float, retry_after: int | None = None
) -> Delay:
    """Answer the wait after the `tries`-th attempt (from 1).

    `jitter` in [0, 1) scatters the planned delay evenly over ±`plan.jitter`. A `retry_after` is
    never undercut: the wait is the later of the two, the wish counted up to one hour.
    """
    planned = plan.delays[min(max(tries, 1), len(plan.delays)) - 1]
    scattered = round(planned * (1 + plan.jitter * (2 * jitter - 1)))
    if retry_after is None:
        return Delay(millis=scattered)
    wished = min(retry_after, RETRY_AFTER_CAP)
    return Delay(
        millis=max(scattered, wished), asked=retry_after, capped=retry_after > RETRY_AFTER_CAP
    )


def parse_retry_after(value: str | None, *, now: int) -> int | None:
    """Read a Retry-After header (RFC 9110 section 10.2.3) into milliseconds from `now`.

    Seconds in plain digits or an HTTP date; the past, and anything else, is None.
    """
    if value is None:
        return None
    value = value.strip()
    if value.isascii() and _SECONDS.fullmatch(value):
        digits = value.lstrip("0") or "0"
        known = len(digits) < len(str(_MOST_SECONDS))
        return 1000 * (int(digits) if known else _MOST_SECONDS)
    moment = parse_http_date(value)
    return moment - now if moment is not None and moment > now else None


def parse_http_date(value: str) -> int | None:
    """Read an HTTP date into milliseconds UTC; None for what is none."""
    try:
        moment = parsedate_to_datetime(value)
        # Two of HTTP's three date forms name no zone; all three mean UTC.
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, TypeError, OverflowError):
        return None


def spell_retry_after(delay: Delay) -> str:
    """Say a delay and where it came from, for people and evidence."""
    text = f"next attempt in {spell_duration(delay.millis)}"
    if delay.asked is None:
        return text
    capped = f", capped at {spell_duration(RETRY_AFTER_CAP)}" if delay.capped else ""
    return f"{text} (receiver asked for {spell_duration(delay.asked)}{capped})"
