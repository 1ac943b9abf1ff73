"""What `poll-run` says while it waits: one line that renews itself, or a line for each news."""

from __future__ import annotations

import asyncio
import shutil
import sys
from typing import TYPE_CHECKING

from spec_notify.core.instant import rounded_duration
from spec_notify.core.redaction import safe_text

from .talk import lively

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.run import Counts
    from spec_notify.core.run_plan import RunPlan
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.run_check import Found

    from .session import Session

_LONGEST_BAR, _SHORTEST_BAR = 20, 4
_SECOND = 1_000


class RunVoice:
    """Speaks on stderr for one wait; `clock` is milliseconds that never go back."""

    def __init__(self, here: Session, plan: RunPlan, clock: Callable[[], int]) -> None:
        self._here = here
        self._run = plan.place.run
        self._clock = clock
        self._began = clock()
        self._found: Found | None = None
        self._due = self._began
        self._said = ""
        self.evidence: dict[str, str | None] = {}
        self._lively = not here.quiet and lively()

    def checked(self, found: Found, due: int) -> None:
        """Say what a check found that was not the last one; the same thing only once."""
        counts = found.counts or (self._found.counts if self._found else None)
        self._found = type(found)(counts=counts, trouble=found.trouble)
        self._due = due
        if self._lively:
            self._draw()
        elif (said := _plain(self._run, self._found)) != self._said:
            self._said = said
            self._here.talk(said)

    def attempted(self, attempted: Attempted) -> None:
        """Say how an attempt to tell of the end went, unless it arrived."""
        delivery = attempted.delivery
        self.evidence[delivery.id] = attempted.evidence
        if delivery.state != "delivered":
            self._here.talk(f"{delivery.subscription}: {delivery.reason or delivery.state}")

    async def keep_drawing(self) -> None:
        """Renew the line every second until cancelled, and then take it away."""
        try:
            while self._lively:
                self._draw()
                await asyncio.sleep(1)
        finally:
            if self._lively:
                self._write("")

    def _draw(self) -> None:
        now, counts = self._clock(), self._found.counts if self._found else None
        left = self._due - now
        parts = [f"{_ended(counts)}/{counts.total}", _spelled(counts)] if counts else []
        parts += [_rough(now - self._began)]
        parts += [f"next check in {_rough(left)}" if left >= _SECOND else "checking"]
        if self._found and self._found.trouble:
            parts.append(self._found.trouble)
        rest = " · ".join(parts)
        room = _columns() - len(self._run) - len(rest) - 2
        self._write(" ".join(filter(None, (self._run, _bar(counts, room), rest))))

    def _write(self, line: str) -> None:
        sys.stderr.write(f"\r{safe_text(line)[: _columns()]}\x1b[K")
        sys.stderr.flush()


def _columns() -> int:
    # One is left free: a full line would wrap.
    return shutil.get_terminal_size().columns - 1


def _ended(counts: Counts) -> int:
    return counts.total - counts.open


def _bar(counts: Counts | None, room: int) -> str:
    """Answer how far a run is as a bar that fits; nothing where it would say nothing."""
    width = min(room, _LONGEST_BAR)
    if counts is None or not counts.total or width < _SHORTEST_BAR:
        return ""
    filled = width * _ended(counts) // counts.total
    return "━" * filled + "─" * (width - filled)


def _spelled(counts: Counts) -> str:
    return f"{counts.done} done, {counts.failed} failed, {counts.blocked} blocked"


def _plain(run: str, found: Found) -> str:
    told = "nothing known yet"
    if counts := found.counts:
        told = f"{_ended(counts)} of {counts.total} ended: {_spelled(counts)}"
    return f"{run}: {told}" + (f" ({found.trouble})" if found.trouble else "")


def _rough(millis: int) -> str:
    """Spell a duration in whole seconds."""
    return rounded_duration(millis // _SECOND * _SECOND).replace(".0s", "s").replace("0ms", "0s")
