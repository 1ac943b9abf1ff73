"""Lanes of a spool without a disk: who may leave now, what an attempt says of its destination."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from spec_notify.core.alarm import Alarm, delivered
from spec_notify.core.delivery import Verdict
from spec_notify.core.lane import Breaker, Pace, after, gate

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from threading import RLock

    from spec_notify.core.delivery import Claim, Delivery
    from spec_notify.core.lane import Gate, Lane

    from .tables import Slot, Tables

    Ready = list[tuple[Slot, Breaker | None]]


class MemoryLanes:
    """What `ports.Spool` promises of destinations."""

    _lock: RLock
    _now: Tables

    def breakers(self) -> Mapping[str, Breaker]:
        """Answer the breakers that are not at rest, by endpoint."""
        with self._lock:
            return dict(sorted(self._now.breakers.items()))

    def ahead(self, delivery: str) -> list[str]:
        """Answer the unfinished deliveries of the same subscription and task admitted before it."""
        with self._lock:
            slot = self._now.slots.get(delivery)
            before = [] if slot is None else self._now.before(slot)
            return [each.delivery.id for each in sorted(before, key=lambda each: each.row)]

    def alarms(self) -> Mapping[str, Alarm]:
        """Answer what was told, and is to tell, of destinations that had dead letters."""
        with self._lock:
            return dict(sorted(self._now.alarms.items()))

    def has_unheard(self) -> bool:
        """Say whether there is a dead letter that nothing was told of."""
        with self._lock:
            return any(slot.unheard for slot in self._now.slots.values())

    def postpone(self, subscription: str, *, until: int, now: int) -> int:
        """Let nothing of a subscription be due before `until`; answer how many had to wait."""
        with self._lock:
            early = [
                slot
                for slot in self._now.waiting()
                if slot.delivery.subscription == subscription
                and slot.delivery.next_at < until
                and not _is_replay(slot)
            ]
            for slot in early:
                self._now.keep(slot.put(next_at=until), queued_at=now)
            return len(early)

    def reconnect(self, endpoint: str, *, subscriptions: Collection[str], now: int) -> int:
        """Close a breaker that was open for want of a route; answer how many are due at once."""
        with self._lock:
            breaker = self._now.breakers.get(endpoint)
            if breaker is None or not breaker.offline:
                return 0
            del self._now.breakers[endpoint]
            held = [
                slot
                for slot in self._now.waiting()
                if slot.delivery.subscription in subscriptions
                and slot.delivery.next_at == breaker.until
                and slot.delivery.last_status is None
            ]
            for slot in held:
                self._now.keep(slot.put(next_at=now), queued_at=now)
            return len(held)


def ready(
    tables: Tables, limit: int, lanes: Mapping[str, Lane], *, now: int, only: str | None
) -> Ready:
    """Answer what may be claimed; `only` is asked for by name, lane or no."""
    if only is not None:
        return [(slot, None) for slot in _due(tables, lanes, now, only)]
    trials: set[str] = set()
    found: Ready = []
    for name, lane in lanes.items():
        passed = _gate(tables, name, lane, limit, now)
        trial = tables.breakers[lane.endpoint] if passed.trial else None
        shut = now < passed.opens_at or lane.endpoint in trials
        slots = [
            slot
            for slot in _due(tables, {name: lane}, now)
            if (not shut or _is_replay(slot)) and (not lane.ordered or tables.in_turn(slot))
        ][: passed.limit]
        if slots and passed.trial:
            trials.add(lane.endpoint)
        found += [(slot, None if shut else trial) for slot in slots]
    return found


def next_due(tables: Tables, name: str, lane: Lane, *, now: int) -> int | None:
    """Answer when one delivery of a subscription may leave next, as its lane stands."""
    slots = [
        slot
        for slot in tables.waiting()
        if slot.delivery.subscription == name and (not lane.ordered or tables.in_turn(slot))
    ]
    due = min((slot.delivery.next_at for slot in slots), default=None)
    if due is None:
        return None
    passed = _gate(tables, name, lane, 1, now)
    moments = [max(due, passed.opens_at, passed.free_at)]
    if passed.opens_at > now:
        replays = [slot.delivery.next_at for slot in slots if _is_replay(slot)]
        moments += [max(each, passed.free_at) for each in replays]
    return due if min(moments) <= now else min(moments)


def leave(tables: Tables, lane: Lane, claim: Claim, trial: Breaker | None) -> None:
    """Remember in its lane that an attempt begins."""
    name = claim.delivery.subscription
    if lane.rate is not None:
        pace = Pace(rate=lane.rate, due=tables.paces.get(name, 0), now=claim.started_at)
        tables.paces[name] = pace.begun(1)
    if trial is not None:
        tried = replace(trial, trial=claim.token, trial_until=claim.lease_until)
        tables.breakers[trial.endpoint] = tried


def note(
    tables: Tables, endpoint: str, settled: Delivery, *, token: str, verdict: Verdict, now: int
) -> None:
    """Remember what an attempt says of its destination; a breaker at rest is forgotten."""
    before = tables.breakers.pop(endpoint, Breaker(endpoint=endpoint))
    breaker = after(before, settled.id, token, verdict, now=now)
    if breaker != Breaker(endpoint=endpoint):
        tables.breakers[endpoint] = breaker
    alarm = tables.alarms.get(endpoint)
    if alarm is not None and verdict is Verdict.DELIVERED:
        tables.alarms[endpoint] = delivered(alarm, settled)


def _due(
    tables: Tables, lanes: Mapping[str, Lane], now: int, only: str | None = None
) -> list[Slot]:
    """Answer the slots that are due, oldest first."""
    due = [
        slot
        for slot in tables.waiting(only)
        if slot.delivery.subscription in lanes and slot.delivery.next_at <= now
    ]
    return sorted(due, key=lambda slot: (slot.delivery.next_at, slot.row))


def _gate(tables: Tables, name: str, lane: Lane, limit: int, now: int) -> Gate:
    breaker = tables.breakers.get(lane.endpoint)
    return gate(lane, breaker, tables.paces.get(name, 0), limit=limit, now=now)


def _is_replay(slot: Slot) -> bool:
    return slot.delivery.replayed_at is not None and slot.delivery.tries == 0
