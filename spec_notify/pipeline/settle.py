"""When a look is due: hints settle first, and timers see to it that none is ever needed.

Contract, section 4, "Git": what a watcher waits for. Instants are milliseconds of any clock that
never goes back, waits are milliseconds.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import msgspec

from spec_notify.ports import BUSY, UNFINISHED, VANISHING, Reason

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from .intake import Looked

QUIET = 50
"""After the last change."""
UNCLOSED = 200
"""After a write in place that nobody closed."""
LONGEST = 2_000
"""From the first hint: a file that never rests must not blind us."""
VANISHED = 5_000
"""Until it is believed that more than half of the known tasks are gone."""
SOON, LATE = 100, 2_000
"""Between looks at what is doubted: the first pause, doubled until it is the last one."""


class Settle:
    """Holds hints until the files rest. Any thread may hint; one thread looks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._first: int | None = None
        self._last = 0
        self._unclosed: int | None = None
        self._again: int | None = None
        self._promised: int | None = None

    def hint(self, now: int, reason: str = Reason.CHANGED) -> bool:
        """Take note of a hint; True for one that must wake the looker.

        That is the first since the last look, and one that brings the look nearer than `next`
        last said: what was being written is closed. However many others follow, they cost no
        memory and wake nobody.
        """
        with self._lock:
            first = self._first is None
            if self._first is None:
                self._first = now
            self._last = now
            if reason == Reason.WRITTEN:
                self._unclosed = now
            elif reason == Reason.CLOSED:
                self._unclosed = None
            settled = self._settled()
            nearer = settled is not None and self._promised is not None and settled < self._promised
            return first or nearer

    def again(self, now: int, wait: int) -> None:
        """Ask for a look after `wait` even if no hint comes: git was busy, or tasks vanished.

        Of several wishes the earliest stands; it is no subject to settling or to the cap.
        """
        with self._lock:
            wish = now + wait
            self._again = wish if self._again is None else min(self._again, wish)

    def tick(self, now: int, reason: str | None = None) -> None:
        """Ask for a look because a timer found something, or is to find it: `reason` as for `hint`.

        Hints that are settling keep their own pace: the look they lead to is this one too.
        """
        if not self._settling():
            if reason == Reason.WRITTEN:
                self.hint(now, reason)
            else:
                self.again(now, 0)

    def next(self, now: int) -> int | None:
        """Answer how long until a look is due, 0 when it is, None when nothing asks for one."""
        with self._lock:
            moments = [at for at in (self._settled(), self._again) if at is not None]
            self._promised = min(moments, default=None)
            return None if self._promised is None else max(0, self._promised - now)

    def due(self, now: int) -> bool:
        """Say whether a look is due."""
        return self.next(now) == 0

    def begin(self) -> None:
        """A look begins, before it reads anything: what was hinted and wished so far is its own."""
        with self._lock:
            self._first = self._unclosed = self._again = self._promised = None

    def _settling(self) -> bool:
        with self._lock:
            return self._first is not None

    def _settled(self) -> int | None:
        if self._first is None:
            return None
        rest = self._last + QUIET
        if self._unclosed is not None:
            rest = max(rest, self._unclosed + UNCLOSED)
        return min(rest, self._first + LONGEST)


class Doubts:
    """What looks did not believe, since when, and when the next one may."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._pause = 0

    def note(self, deferred: Mapping[str, str], now: int) -> int | None:
        """Take note of what the look begun at `now` deferred; answer how long until another helps.

        None when nothing was deferred that passes by itself: hints and timers find the rest.
        """
        vanishing = [path for path, why in deferred.items() if why == VANISHING]
        self._since = {path: self._since.get(path, now) for path in vanishing}
        if not vanishing and not any(
            why.startswith((*BUSY, UNFINISHED)) for why in deferred.values()
        ):
            self._pause = 0
            return None
        self._pause = min(2 * self._pause, LATE) or SOON
        return min(
            [self._pause, *(max(since + VANISHED - now, SOON) for since in self._since.values())]
        )

    def settled(self, now: int) -> tuple[str, ...]:
        """Answer the documents whose tasks have been gone for long enough (`Wish.settled`)."""
        return tuple(path for path, since in self._since.items() if now - since >= VANISHED)


def look_patiently(
    look: Callable[[Collection[str]], Looked],
    *,
    clock: Callable[[], int],
    rest: Callable[[int], None],
    patience: int,
) -> Looked:
    """Look, and look again for at most `patience` while there is something that passes.

    `look` is given what to believe, as `Wish.settled`; `rest` waits. Answers the last look.
    """
    doubts, end = Doubts(), clock() + patience
    while True:
        now = min(clock(), end)
        looked = look(doubts.settled(now))
        wait = doubts.note(looked.deferred, now)
        if wait is None or now == end:
            return looked
        rest(min(wait, end - now))


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
