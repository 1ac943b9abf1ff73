"""How a report's numbers are said to people: in words that never round a miss into a hit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from spec_notify.core.figures import DAY, HOUR, MINUTE
from spec_notify.core.goals import Unit
from spec_notify.core.instant import rfc3339, spell_duration

from .output import plural

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.figures import Spread
    from spec_notify.core.goals import Finding, Goal

    from .report import Reported

NOTHING = "-"
_SECOND = 1_000


def millis(value: float | None) -> str:
    """Say how long something took: `412 ms`, `5.001 s`, `12 min 4 s`, `3 d 2 h`."""
    if value is None:
        return NOTHING
    if value < _SECOND:
        return f"{value:.0f} ms"
    if value < MINUTE:
        return f"{value / _SECOND:.3f}".rstrip("0").rstrip(".") + " s"
    for unit, word, below, smaller in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "min"),
        (MINUTE, "min", _SECOND, "s"),
    ):
        if value >= unit:
            rest = int(value % unit // below)
            return f"{int(value // unit)} {word}" + (f" {rest} {smaller}" if rest else "")
    raise AssertionError("every length is a minute or shorter than one")


def percent(share: float | None, *, up: bool = False) -> str:
    """Say a share: cut, never rounded, so that 99.499 % is not 99.5 %; `up` cuts upwards."""
    if share is None:
        return NOTHING
    hundredths = round(share * 10_000, 6)
    cut = math.ceil(hundredths) if up else math.floor(hundredths)
    return f"{cut / 100:.2f}".rstrip("0").rstrip(".") + " %"


def size(value: float | None) -> str:
    """Say how many bytes, cut upwards: what is over 5 MB never reads `5 MB`."""
    if value is None:
        return NOTHING
    for unit, word in ((1_000_000, "MB"), (1_000, "kB")):
        if value >= unit:
            hundredths = math.ceil(round(value / unit * 100, 6))
            return f"{hundredths / 100:.2f}".rstrip("0").rstrip(".") + f" {word}"
    return f"{value:.0f} bytes"


def measured(finding: Finding) -> str:
    """Say what was measured for a goal."""
    return _said(finding.value, finding.goal, up=finding.goal.most is not None)


def wanted(goal: Goal) -> str:
    """Say a goal's bound."""
    if goal.most is not None:
        return f"≤ {_said(goal.most, goal)}"
    return f"≥ {_said(goal.least, goal)}"


def _said(value: float | None, goal: Goal, *, up: bool = False) -> str:
    match goal.unit:
        case Unit.MILLIS:
            return millis(value)
        case Unit.SHARE:
            return percent(value, up=up)
        case Unit.BYTES:
            return size(value)
        case Unit.COUNT:
            return NOTHING if value is None else f"{value:.0f}"


def spelled(spread: Spread) -> str:
    """Say how lengths are spread."""
    if not spread.count:
        return "no data"
    return (
        f"p50 {millis(spread.p50)}, p95 {millis(spread.p95)}, p99 {millis(spread.p99)}, "
        f"longest {millis(spread.most)}, of {spread.count:,}"
    )


def counted(count: int, noun: str) -> str:
    """Count a noun, thousands apart: `1,284 deliveries`."""
    return plural(count, noun).replace(str(count), f"{count:,}", 1)


def window(found: Reported) -> str:
    """Say which time a report is about."""
    since, until = found.report.since, found.report.until
    return f"{rfc3339(since)} to {rfc3339(until)} ({millis(until - since)})"


def totals(found: Reported) -> str:
    """Say what became of the deliveries, what is still open apart from what ended."""
    own = found.report.totals
    each = [
        f"{own.delivered:,} delivered",
        f"{own.dead:,} dead",
        f"{own.pending + own.in_flight:,} pending",
        f"{own.parked:,} parked",
        f"{own.cancelled:,} cancelled",
        f"{own.dry_run:,} dry",
    ]
    return f"{counted(own.deliveries, 'delivery')}: {', '.join(each)}"


def effort(found: Reported) -> str:
    """Say what it took: attempts, retries, replays."""
    own, again = found.report, found.report.replays
    open_ = again.replayed - again.delivered - again.dead
    said = f"{counted(own.attempts, 'attempt')}, {own.retries:,} after a first one"
    if again.replayed:
        said += (
            f"; {again.replayed:,} replayed: {again.delivered:,} delivered, "
            f"{again.dead:,} dead again, {open_:,} under way"
        )
    return said


def remarks(found: Reported) -> Iterator[str]:
    """Say what the figures leave out, and what they cannot know."""
    own, kept = found.report, spell_duration(found.retention)
    if not own.totals.deliveries:
        yield "nothing was detected in this time; `spec-notify --list` shows all that is queued"
    if own.waiting and own.oldest_waiting is not None:
        yield (
            f"{counted(own.waiting, 'delivery')} not tried yet, the oldest detected "
            f"{rfc3339(own.oldest_waiting)}: no latency counts them"
        )
    if tried := own.totals.open - own.waiting:
        yield (
            f"{counted(tried, 'delivery')} tried and still open: neither delivered nor dead yet, "
            "and no latency to delivery counts them"
        )
    if own.replays.replayed:
        yield "a replayed delivery has no latency to delivery: a human took part of that time"
    if found.acknowledged:
        yield f"{counted(found.acknowledged, 'dead letter')} acknowledged by hand, counted as dead"
    if not found.complete:
        yield (
            f"the spool keeps what is finished for {kept} (dead_letter_retention): of what was "
            f"detected before {rfc3339(found.at - found.retention)}, only what ended later is here"
        )
    if found.forgotten:
        yield (
            f"{counted(found.forgotten, 'evidence record')} of deliveries that have left the spool "
            "(retention, purge): no figure of deliveries counts them"
        )
