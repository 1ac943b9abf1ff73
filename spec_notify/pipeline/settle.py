"""When a look is due: hints settle first, and timers see to it that none is ever needed.

Contract, section 4, "Git": what a watcher waits for. Instants are milliseconds of any clock that
never goes back, waits are milliseconds.
"""

from __future__ import annotations

import threading

import msgspec

from spec_notify.ports import Reason

QUIET = 50
"""After the last change."""
UNCLOSED = 200
"""After a write in place that nobody closed."""
LONGEST = 2_000
"""From the first hint: a file that never rests must not blind us."""
VANISHED = 5_000
"""What `again` is asked to wait when more than half of the known tasks are gone."""


class Settle:
    """Holds hints until the files rest. Any thread may hint; one thread looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: int | None = None
        self._last = 0
        self._unclosed: int | None = None
        self._again: int | None = None

    def hint(self, now: int, reason: str = Reason.CHANGED) -> bool:
        """Take note of a hint; True for one that must wake the looker.

        That is the first since the last look, and one that brings the look nearer: what was being
        written is closed. However many others follow, they cost no memory and wake nobody.
        """
        with self._lock:
            wakes = self._first is None or (reason == Reason.CLOSED and self._unclosed is not None)
            if self._first is None:
                self._first = now
            self._last = now
            if reason == Reason.WRITTEN:
                self._unclosed = now
            elif reason == Reason.CLOSED:
                self._unclosed = None
            return wakes

    def again(self, now: int, wait: int) -> None:
        """Ask for a look after `wait` even if no hint comes: git was busy, or tasks vanished.

        Of several wishes the earliest stands; it is no subject to settling or to the cap.
        """
        with self._lock:
            wish = now + wait
            self._again = wish if self._again is None else min(self._again, wish)

    def next(self, now: int) -> int | None:
        """Answer how long until a look is due, 0 when it is, None when nothing asks for one."""
        with self._lock:
            moments = [at for at in (self._settled(), self._again) if at is not None]
        return max(0, min(moments) - now) if moments else None

    def due(self, now: int) -> bool:
        """Say whether a look is due."""
        return self.next(now) == 0

    def begin(self) -> None:
        """A look begins, before it reads anything: what was hinted and wished so far is its own."""
        with self._lock:
            self._first = self._unclosed = self._again = None

    def _settled(self) -> int | None:
        if self._first is None:
            return None
        rest = self._last + QUIET
        if self._unclosed is not None:
            rest = max(rest, self._unclosed + UNCLOSED)
        return min(rest, self._first + LONGEST)


class Timers(msgspec.Struct, frozen=True, kw_only=True):
    """When each periodic check is due next; together they find what no event told."""

    stat: int
    """Every 2 s: the stamps of known documents."""
    discover: int
    """Every 30 s: documents nobody knows yet."""
    audit: int
    """Every 10 min: the content of every document, whatever its stamps say."""

    @classmethod
    def begin(cls, now: int) -> Timers:
        """Start all timers; the first checks are due a whole period from now."""
        return cls(**{name: now + period for name, period in PERIODS.items()})

    def due(self, now: int) -> frozenset[str]:
        """Answer which of `stat`, `discover` and `audit` are due."""
        return frozenset(name for name in PERIODS if getattr(self, name) <= now)

    def after(self, now: int) -> Timers:
        """Answer the timers with those due started again from now; missed ones are not made up."""
        started = {name: now + PERIODS[name] for name in self.due(now)}
        return msgspec.structs.replace(self, **started)

    def next(self, now: int) -> int:
        """Answer how long until the next check."""
        return max(0, min(self.stat, self.discover, self.audit) - now)


PERIODS = {"stat": 2_000, "discover": 30_000, "audit": 600_000}
