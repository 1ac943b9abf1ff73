"""A report: what became of a time's deliveries, beside what the requirements want of them.

Pure: passages, evidence weighed and requests counted elsewhere go in. Milliseconds throughout.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from . import goals
from .delivery import OPEN, State
from .figures import Spread, percentile, share, spread
from .goals import Finding, Judgement
from .passage import lengths

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from .passage import Passage


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries by what became of them; a dry run is none of those delivered."""

    deliveries: int = 0
    delivered: int = 0
    dead: int = 0
    pending: int = 0
    in_flight: int = 0
    parked: int = 0
    cancelled: int = 0
    dry_run: int = 0

    @property
    def ended(self) -> int:
        """Count those of which one can say whether they were delivered."""
        return self.delivered + self.dead

    @property
    def open(self) -> int:
        """Count those that are still on their way, or wait for a human."""
        return self.pending + self.in_flight + self.parked

    @property
    def success(self) -> float | None:
        """Answer which share of those that ended was delivered."""
        return share(self.delivered, self.ended)


class Replays(msgspec.Struct, frozen=True, kw_only=True):
    """Deliveries that were replayed, by what became of the last replay of each."""

    replayed: int = 0
    delivered: int = 0
    dead: int = 0
    in_time: int = 0
    """Delivered within 24 hours of the replay."""
    failed: int = 0
    """Dead again, or not delivered for more than 24 hours."""


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of one subscription."""

    name: str
    totals: Totals
    retries: int
    to_first_attempt: Spread
    to_delivery: Spread


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of all that was detected from `since` up to `until`."""

    since: int
    until: int
    totals: Totals
    attempts: int
    retries: int
    """Attempts after a delivery's first, a replay's among them."""
    to_first_attempt: Spread
    to_delivery: Spread
    waiting: int
    """Open ones that were never tried."""
    oldest_waiting: int | None
    """When the oldest of those was detected."""
    replays: Replays
    reasons: tuple[tuple[str, int], ...]
    """Why letters are dead, the most frequent reason first."""
    subscriptions: tuple[Line, ...]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> int:
        """Count the missed goals that deliveries answer for (`Goal.strict`)."""
        missed = (each for each in self.findings if each.judgement is Judgement.FAIL)
        return sum(each.goal.strict for each in missed)


class Outside(msgspec.Struct, frozen=True, kw_only=True):
    """What a report needs to know beside passages: evidence on disk, and requests in it."""

    footprints: tuple[int, ...] = ()
    """Bytes of evidence of each SPEC."""
    requests: int = 0
    """Webhook requests in the evidence of the time."""
    signed: int = 0


def report(
    passages: Sequence[Passage], *, since: int, until: int, outside: Outside, now: int
) -> Report:
    """Answer the figures of passages detected from `since` up to `until`, as they stand `now`."""
    tried, delivered = lengths(passages)
    totals, replays = count(passages), _replays(passages, now)
    waiting = [each.detected_at for each in passages if _waits(each)]
    return Report(
        since=since,
        until=until,
        totals=totals,
        attempts=sum(each.attempts for each in passages),
        retries=_retries(passages),
        to_first_attempt=spread(tried),
        to_delivery=spread(delivered),
        waiting=len(waiting),
        oldest_waiting=min(waiting, default=None),
        replays=replays,
        reasons=_reasons(passages),
        subscriptions=tuple(_line(*each) for each in _by_subscription(passages).items()),
        findings=(
            *_of_times(passages, tried, delivered, now),
            *_of_ends(passages, totals, replays),
            *_of_outside(outside),
        ),
    )


def count(passages: Iterable[Passage]) -> Totals:
    """Count deliveries by what became of them."""
    known = Counter("dry_run" if each.dry_run else each.state.value for each in passages)
    return Totals(deliveries=known.total(), **known)


def _of_times(
    passages: Sequence[Passage], tried: list[int], delivered: list[int], now: int
) -> tuple[Finding, ...]:
    first, last = sorted(tried), sorted(delivered)
    due = [each for each in passages if _is_due(each, now)]
    prompt = sum(length <= goals.PROMPT for length in tried)
    return (
        Finding(goal=goals.FIRST_ATTEMPT, value=percentile(first, 95), of=len(first)),
        Finding(goal=goals.TRIED_IN_TIME, value=share(prompt, len(due)), of=len(due)),
        Finding(goal=goals.DELIVERY_TIME, value=percentile(last, 95), of=len(last)),
        Finding(goal=goals.DELIVERY_TAIL, value=percentile(last, 99), of=len(last)),
    )


def _of_ends(passages: Sequence[Passage], totals: Totals, replays: Replays) -> tuple[Finding, ...]:
    ended = [each for each in passages if _has_ended(each)]
    needed = sum(each.replayed_at is not None or not each.delivered for each in ended)
    known = replays.in_time + replays.failed
    reached = {each.subscription for each in passages if each.delivered}
    names = {each.subscription for each in passages}
    return (
        Finding(goal=goals.SUCCESS, value=totals.success, of=totals.ended),
        Finding(goal=goals.REPLAYS_NEEDED, value=share(needed, len(ended)), of=len(ended)),
        Finding(goal=goals.REPLAY_SUCCESS, value=share(replays.in_time, known), of=known),
        Finding(goal=goals.ADOPTION, value=len(reached) if names else None, of=len(names)),
    )


def _of_outside(outside: Outside) -> tuple[Finding, ...]:
    signed = share(outside.signed, outside.requests)
    largest = max(outside.footprints, default=None)
    return (
        Finding(goal=goals.SIGNED, value=signed, of=outside.requests),
        Finding(goal=goals.EVIDENCE, value=largest, of=len(outside.footprints)),
    )


def _is_due(passage: Passage, now: int) -> bool:
    """Say whether it was tried, or should have been by now; what was called off never was due."""
    if passage.tried_at is not None or passage.state is State.DEAD:
        return True
    late = now - passage.detected_at > goals.PROMPT
    return late and passage.state in OPEN


def _has_ended(passage: Passage) -> bool:
    """Say whether it was delivered or given up at least once; a replay is only of such."""
    if passage.dry_run or passage.state is State.CANCELLED:
        return False
    ended = passage.delivered or passage.state is State.DEAD
    return ended or passage.replayed_at is not None


def _waits(passage: Passage) -> bool:
    return passage.tried_at is None and passage.state in OPEN


def _replays(passages: Iterable[Passage], now: int) -> Replays:
    again = [
        (each, (each.finished_at or now) - each.replayed_at)
        for each in passages
        if each.replayed_at is not None and not each.dry_run and each.state is not State.CANCELLED
    ]
    dead = [each.state is State.DEAD for each, _ in again]
    return Replays(
        replayed=len(again),
        delivered=sum(each.delivered for each, _ in again),
        dead=sum(dead),
        in_time=sum(each.delivered and took <= goals.MENDED for each, took in again),
        failed=sum(
            died or took > goals.MENDED for died, (_, took) in zip(dead, again, strict=True)
        ),
    )


def _reasons(passages: Iterable[Passage]) -> tuple[tuple[str, int], ...]:
    dead = (each.reason or "unknown" for each in passages if each.state is State.DEAD)
    return tuple(sorted(Counter(dead).items(), key=lambda each: (-each[1], each[0])))


def _by_subscription(passages: Iterable[Passage]) -> Mapping[str, list[Passage]]:
    found: dict[str, list[Passage]] = {}
    for each in passages:
        found.setdefault(each.subscription, []).append(each)
    return dict(sorted(found.items()))


def _line(name: str, passages: Sequence[Passage]) -> Line:
    tried, delivered = lengths(passages)
    return Line(
        name=name,
        totals=count(passages),
        retries=_retries(passages),
        to_first_attempt=spread(tried),
        to_delivery=spread(delivered),
    )


def _retries(passages: Iterable[Passage]) -> int:
    return sum(max(each.attempts - 1, 0) for each in passages)
