"""Reports made of passages, for the tests of how they are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.cli.report import Reported
from spec_notify.core.delivery import DRY_RUN, State
from spec_notify.core.figures import DAY, HOUR
from spec_notify.core.report import Outside, report
from spec_notify.disk.audit import Usage
from tests.core.test_passage import NOW, a_passage, delivered

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_notify.core.passage import Passage

WEEK = 7 * DAY
HOSTILE = "</style><script>alert(1)</script><img src=x onerror=y> \x1b[31m \u202e \" ' & {0}"


def reported(
    passages: Sequence[Passage] = (),
    *,
    usage: Sequence[Usage] = (),
    since: int = NOW - WEEK,
    repository: str = "shop",
    **facts: int,
) -> Reported:
    """Answer a report of passages as the command makes it."""
    outside = Outside(footprints=tuple(each.bytes for each in usage), requests=4, signed=4)
    known = {"cap": 5_000_000, "retention": WEEK, "at": NOW, "forgotten": 0, "acknowledged": 0}
    return Reported(
        repository=repository,
        report=report(passages, since=since, until=NOW, outside=outside, now=NOW),
        passages=[*passages],
        usage=[*usage],
        **(known | facts),
    )


def busy() -> Reported:
    """Answer a report with something of everything, hostile texts among it."""
    usage = [usage_of(HOSTILE, 4_999_999), usage_of("SPEC-KIT-075", 5_000_001), usage_of("S", 0)]
    return reported(
        [*_week()],
        usage=usage,
        repository=HOSTILE,
        forgotten=5,
        acknowledged=1,
        since=NOW - 2 * WEEK,
    )


def usage_of(spec: str, size: int) -> Usage:
    return Usage(directory=f"commands/{spec}/webhooks", bytes=size, files=size // 1_000)


def _week() -> Iterator[Passage]:
    for number in range(160):
        at = NOW - number * HOUR
        yield delivered(90 + 31 * number, at=at, tried_at=at + 20 + number)
        yield delivered(1_500, at=at, subscription=HOSTILE, tried_at=at + 5, attempts=2)
    old = NOW - 2 * DAY
    yield delivered(9 * HOUR, at=old, replayed_at=old + 8 * HOUR, tried_at=old + 9, attempts=4)
    for reason in (HOSTILE, "HTTP 500", "HTTP 500", *(f"reason {each}" for each in range(6))):
        yield a_passage(
            state=State.DEAD,
            detected_at=old,
            tried_at=old + 7,
            finished_at=old + HOUR,
            attempts=11,
            reason=reason,
        )
    yield a_passage(state=State.PARKED, detected_at=old)
    yield a_passage(detected_at=NOW - HOUR)
    yield a_passage(state=State.CANCELLED, detected_at=old, finished_at=old + 1)
    yield delivered(3, at=old, tried_at=old + 1, reason=DRY_RUN)
