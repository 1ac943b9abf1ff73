"""What `doctor` finds of the machine: file events, the clock, room on the disk."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpecNotifyError
from spec_notify.core.instant import rfc3339, spell_duration

from .finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from spec_notify.wiring import Wiring

AHEAD = 60_000
"""Milliseconds by which what we wrote may be ahead of the clock."""
ROOM = 50_000_000
"""Bytes below which a disk is as good as full: a spool's log may need some."""
_POLLED = "until then `watch` polls every 2 s"


def events(wiring: Wiring) -> Finding:
    """Say whether `watch` can listen to file events here, by trying."""
    from spec_notify.watchers.inotify import limits, shortage

    short = shortage(wiring.root)
    known = limits()
    if short is None:
        told = ", ".join(f"{name} {limit}" for name, limit in known.items())
        return Finding("ok", "inotify", f"file events work ({told})")
    if short not in known:
        return Finding("warn", "inotify", f"no file events: {short}", "`watch` polls every 2 s")
    fix = f"`sudo sysctl fs.inotify.{short}={4 * known[short]}`; {_POLLED}"
    return Finding("warn", "inotify", f"no file events: {short} ({known[short]}) is used up", fix)


def clock(wiring: Wiring) -> Finding:
    """Say whether the clock goes back behind what was written by it."""
    from spec_notify.wiring import now

    at = now()
    ahead = _newest(wiring) - at
    if ahead > AHEAD:
        fix = "set this clock by NTP: signatures over 5m off are refused, and retries come late"
        found = f"it is {rfc3339(at)}, and a look of ours was {spell_duration(ahead)} later"
        return Finding("warn", "clock", found, fix)
    return Finding("ok", "clock", f"{rfc3339(at)}; `--reach` compares it with receivers'")


def _newest(wiring: Wiring) -> int:
    try:
        known = wiring.spool.documents() if wiring.has_spool else {}
    except SpecNotifyError:
        return 0
    return max((each.seen_at for each in known.values()), default=0)


def room(wiring: Wiring) -> Iterator[Finding]:
    """Warn of a disk that is nearly full, beside the spool and where evidence goes."""
    places = {"the spool": wiring.state, "the evidence": wiring.evidence_home}
    for what, place in places.items():
        left = _room(place)
        if left is not None and left < ROOM:
            found = f"{left // 1_000_000} MB are left on the disk of {what}"
            fix = "make room: what cannot be written is not sent, and is looked at again later"
            yield Finding("warn", "disk", found, fix)


def _room(place: Path) -> int | None:
    for each in (place, *place.parents):
        try:
            found = os.statvfs(each)
        except OSError:
            continue
        return found.f_bavail * found.f_frsize
    return None
