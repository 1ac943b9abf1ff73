"""A delivery's passage: when it was detected, first tried and finished, and what became of it.

All instants and lengths are milliseconds; instants since the epoch, UTC.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from .delivery import DRY_RUN, OPEN, State
from .figures import Spread, share, spread, stride

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Passage(msgspec.Struct, frozen=True, kw_only=True):
    """What the spool knows of a delivery's way, and nothing of its content."""

    id: str
    type: str
    subscription: str
    spec: str | None
    state: State
    detected_at: int
    """When the look that found the change queued it: one transaction."""
    tried_at: int | None = None
    """When its first attempt began, whatever became of that."""
    finished_at: int | None = None
    """When it was delivered, cancelled or given up, after its last replay if there was one."""
    replayed_at: int | None = None
    """When it was last replayed."""
    attempts: int = 0
    reason: str | None = None

    @property
    def dry_run(self) -> bool:
        """Say whether it ended without a byte sent, because its subscription says so."""
        return self.state is State.DELIVERED and self.reason == DRY_RUN

    @property
    def delivered(self) -> bool:
        """Say whether it reached its receiver."""
        return self.state is State.DELIVERED and not self.dry_run

    @property
    def to_first_attempt(self) -> int | None:
        """Answer how long after detection its first attempt began; None before that."""
        return None if self.tried_at is None else max(self.tried_at - self.detected_at, 0)

    @property
    def to_delivery(self) -> int | None:
        """Answer how long after detection it was delivered, retries included.

        None for one not delivered, and for one replayed: how long a human took is no latency.
        """
        if not self.delivered or self.finished_at is None or self.replayed_at is not None:
            return None
        return max(self.finished_at - self.detected_at, 0)


class Bucket(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the deliveries detected from `start` up to `end`."""

    start: int
    end: int
    delivered: int = 0
    dead: int = 0
    open: int = 0
    """Pending, in flight or parked now."""
    to_first_attempt: Spread = Spread()
    to_delivery: Spread = Spread()

    @property
    def success(self) -> float | None:
        """Answer which share of what ended was delivered; None where nothing ended."""
        return share(self.delivered, self.delivered + self.dead)


def lengths(passages: Iterable[Passage]) -> tuple[list[int], list[int]]:
    """Answer how long each took to its first attempt, and to its delivery, where it has one."""
    known = [(each.to_first_attempt, each.to_delivery) for each in passages]
    return (
        [first for first, _ in known if first is not None],
        [last for _, last in known if last is not None],
    )


def over_time(
    passages: Iterable[Passage], *, since: int, until: int, most: int = 48
) -> tuple[Bucket, ...]:
    """Count passages by when they were detected, in equal buckets without a gap, oldest first.

    The cuts stand on whole strides of the clock, so that later answers cut alike; there are at
    most `most` buckets and one. What was detected outside of `since` up to `until` is left out.
    """
    if until <= since:
        return ()
    step = stride(until - since, most)
    first = since // step * step
    found: dict[int, list[Passage]] = {start: [] for start in range(first, until, step)}
    for each in passages:
        if since <= each.detected_at < until:
            found[each.detected_at // step * step].append(each)
    return tuple(_buckets(found, step))


def _buckets(found: dict[int, list[Passage]], step: int) -> Iterator[Bucket]:
    for start, within in found.items():
        states = [each.state for each in within]
        tried, delivered = lengths(within)
        yield Bucket(
            start=start,
            end=start + step,
            delivered=sum(each.delivered for each in within),
            dead=states.count(State.DEAD),
            open=sum(state in OPEN for state in states),
            to_first_attempt=spread(tried),
            to_delivery=spread(delivered),
        )
