"""A lane: how fast and in what order a subscription's deliveries leave, and when none may.

The breaker of a destination is closed, open or half open. It opens after a row of failed attempts
over several deliveries, so that a single delivery always keeps its printed schedule; open it lets
nothing through but replays and tests; half open it lets one attempt try.
"""

from __future__ import annotations

import re
from enum import StrEnum

import msgspec
from msgspec.structs import replace

from .delivery import Verdict

FAILURES = 10
"""Failed attempts in a row that open a breaker: more than one wave of parallel attempts."""
OVER = 3
"""Different deliveries they must have been of."""
PAUSE, LONGEST_PAUSE = 30_000, 300_000
"""Milliseconds a breaker stays open: the first time, and at most, doubling in between."""
_RATE = re.compile(r"([1-9][0-9]{0,3})/([smh])", re.ASCII)
_PER = {"s": 1_000, "m": 60_000, "h": 3_600_000}
_BURST = 250


class Rate(msgspec.Struct, frozen=True, kw_only=True):
    """At most `count` attempts begin in `per` milliseconds, evenly spread.

    What a quarter of a second allows may begin at once.
    """

    count: int
    per: int


class Lane(msgspec.Struct, frozen=True, kw_only=True):
    """How the spool hands out a subscription's deliveries."""

    endpoint: str = ""
    """Stands for the destination's breaker; empty: it has none."""
    rate: Rate | None = None
    ordered: bool = False
    """A task's delivery waits until its earlier ones are delivered, dead or cancelled."""


PLAIN = Lane()


class Position(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Breaker(msgspec.Struct, frozen=True, kw_only=True):
    """What the last attempts at a destination came to. Instants are milliseconds UTC."""

    endpoint: str
    failures: int = 0
    """Failed attempts in a row."""
    over: tuple[str, ...] = ()
    """The first few different deliveries they were of."""
    opened_at: int | None = None
    until: int | None = None
    """Open until then, and half open after; None: closed."""
    pause: int = 0
    """How long it last stayed open for failures."""
    offline: bool = False
    """It is open because this machine had no route, not because of the receiver."""
    trial: str | None = None
    """The token of the one attempt let through."""
    trial_until: int = 0


def parse_rate(text: str) -> Rate:
    """Read `10/s`, `60/m` or `500/h`: 1 to 9999 attempts in one unit. Raises ValueError."""
    found = _RATE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no rate")
    return Rate(count=int(found[1]), per=_PER[found[2]])


def spell_rate(rate: Rate) -> str:
    """Spell a rate as `parse_rate` reads it."""
    unit = next(unit for unit, per in _PER.items() if per == rate.per)
    return f"{rate.count}/{unit}"


def allowed(rate: Rate, due: float, *, now: int) -> int:
    """Answer how many attempts may begin now, when the next was `due` (ms) by even spread.

    A `due` further ahead than this rate can have put it is a clock's mistake, and counts as now.
    """
    gap, burst = _spread(rate)
    if due > now + rate.per:
        due = now
    return max(0, int((now - max(due, now - 0.0)) / gap + burst)) if due <= now else _ahead(
        due - now, gap, burst
    )


def begun(rate: Rate, due: float, *, now: int, count: int = 1) -> float:
    """Answer when the next attempt is due by even spread, `count` more having begun now."""
    gap, _ = _spread(rate)
    if not now <= due <= now + rate.per:
        due = now
    return due + gap * count


def free_at(rate: Rate, due: float, *, now: int) -> int:
    """Answer the millisecond from which one more attempt may begin."""
    gap, burst = _spread(rate)
    if allowed(rate, due, now=now):
        return now
    return now + max(1, -int(-(due - now - gap * (burst - 1)) // 1))
