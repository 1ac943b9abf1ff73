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

from .delivery import OFFLINE_PAUSE, Verdict

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
    since: int | None = None
    """When it left closed, for one that did."""
    opened_at: int | None = None
    """When it last opened: a failed trial opens it again."""
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


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """A rate at an instant: `due` is when the next attempt falls by even spread, microseconds.

    A `due` further ahead than the rate can have put it is a clock's mistake and counts as now.
    """

    rate: Rate
    due: int
    now: int

    @property
    def allowed(self) -> int:
        """How many attempts may begin now."""
        return max(0, self._burst - -(-self._ahead // self._gap))

    @property
    def free_at(self) -> int:
        """The millisecond from which an attempt may begin."""
        wait = self._ahead - (self._burst - 1) * self._gap
        return self.now + max(0, -(-wait // 1000))

    def begun(self, count: int) -> int:
        """Answer the next `due`, `count` attempts having begun now."""
        return self.now * 1000 + self._ahead + count * self._gap

    @property
    def _gap(self) -> int:
        return self.rate.per * 1000 // self.rate.count

    @property
    def _burst(self) -> int:
        return max(1, _BURST * self.rate.count // self.rate.per)

    @property
    def _ahead(self) -> int:
        ahead = self.due - self.now * 1000
        return ahead if 0 < ahead <= self.rate.per * 1000 else 0


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """What a lane lets through at an instant."""

    limit: int
    """How many, replays included."""
    free_at: int
    """From when the rate allows one more."""
    opens_at: int
    """From when the breaker lets others than replays through."""
    trial: bool = False
    """Half open: one may leave, and its token is to be remembered."""


def gate(lane: Lane, breaker: Breaker | None, due: int, *, limit: int, now: int) -> Gate:
    """Decide what may leave; `due` is the lane's in `Pace`."""
    pace = Pace(rate=lane.rate, due=due, now=now) if lane.rate else None
    most = min(limit, pace.allowed) if pace else limit
    free_at = pace.free_at if pace else now
    where = position(breaker, now)
    if breaker is None or breaker.until is None or where is Position.CLOSED:
        return Gate(limit=most, free_at=free_at, opens_at=now)
    if where is Position.OPEN:
        return Gate(limit=most, free_at=free_at, opens_at=breaker.until)
    if breaker.trial is not None and now < breaker.trial_until:
        return Gate(limit=most, free_at=free_at, opens_at=breaker.trial_until)
    return Gate(limit=min(most, 1), free_at=free_at, opens_at=now, trial=True)


def position(breaker: Breaker | None, now: int) -> Position:
    """Answer where a breaker stands; one that opened in the future was a clock's mistake."""
    if breaker is None or breaker.until is None or breaker.opened_at is None:
        return Position.CLOSED
    return Position.OPEN if breaker.opened_at <= now < breaker.until else Position.HALF_OPEN


def after(breaker: Breaker, delivery: str, token: str, verdict: Verdict, *, now: int) -> Breaker:
    """Answer the breaker after an attempt; what says nothing of the destination frees its trial."""
    tried = breaker.trial == token
    freed = replace(breaker, trial=None) if tried else breaker
    match verdict:
        case Verdict.DELIVERED:
            return Breaker(endpoint=breaker.endpoint)
        case Verdict.OFFLINE:
            until, since = now + OFFLINE_PAUSE, breaker.since or now
            return replace(freed, since=since, opened_at=now, until=until, offline=True, trial=None)
        case Verdict.RETRY:
            return _failed(freed, delivery, tried=tried, now=now)
        case _:
            return freed


def _failed(breaker: Breaker, delivery: str, *, tried: bool, now: int) -> Breaker:
    over = tuple(dict.fromkeys((*breaker.over, delivery)))[:OVER]
    failed = replace(breaker, failures=breaker.failures + 1, over=over)
    ripe = failed.failures >= FAILURES and len(over) >= OVER
    if tried or (breaker.until is None and ripe):
        pause = min(2 * breaker.pause, LONGEST_PAUSE) or PAUSE
        until, since = now + pause, breaker.since or now
        return replace(failed, since=since, opened_at=now, until=until, pause=pause, offline=False)
    return failed
