"""A spool without a disk: the same verbs and the same rules, gone when the process is."""

from __future__ import annotations

from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

from msgspec.structs import replace

from spec_notify.core.delivery import Claim, Delivery, Signal, State, move, sources_of
from spec_notify.ports import Record, Settled

from .attempts import LEASED, WAITING
from .moves import GONE, parking_signal
from .rows import finished_at
from .sealing import Tip, chain_of, seal_after
from .tables import Attempt, MemoryLedger, Slot, Tables

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

    from spec_notify.core.delivery import Step
    from spec_notify.core.event import Event
    from spec_notify.ports import Ledger, Query, StoredDocument


class MemorySpool:
    """`ports.Spool` in memory, for tests and for commands that keep no state."""

    def __init__(self, *, writer: str = "memory", generation: str = "") -> None:
        self.writer = writer
        self.generation = generation
        self._lock = RLock()
        self._now = Tables()

    def documents(self) -> Mapping[str, StoredDocument]:
        """Answer all remembered documents by path."""
        with self._lock:
            return dict(sorted(self._now.documents.items()))

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """Open the one write transaction of a look; it commits when the block ends well."""
        with self._lock:
            draft = self._now.copy()
            yield MemoryLedger(draft)
            self._now = draft

    def claim(
        self,
        limit: int,
        *,
        subscriptions: Collection[str],
        owner: str,
        token: Callable[[], str],
        now: int,
        leases: Mapping[str, int],
        only: str | None = None,
    ) -> list[Claim]:
        """Lease due deliveries of these subscriptions, oldest due first."""
        with self._lock:
            due = [slot for slot in self._waiting(subscriptions, only) if _due(slot)[0] <= now]
            return [
                self._lease(slot, owner, token(), now, leases)
                for slot in sorted(due, key=_due)[:limit]
            ]

    def settle(
        self,
        claim: Claim,
        step: Step,
        record: Mapping[str, object],
        *,
        status: int | None,
        now: int,
    ) -> Settled | None:
        """Finish an attempt and seal its record into the chain; None if the lease was lost."""
        state = move(LEASED, step.signal)
        with self._lock:
            slot = self._now.slots.get(claim.delivery.id)
            if slot is None or slot.claim is None or slot.claim.token != claim.token:
                return None
            next_at = slot.delivery.next_at if step.next_at is None else step.next_at
            settled = slot.put(state=state, next_at=next_at, reason=step.reason, last_status=status)
            self._now.keep(
                settled,
                claim=None,
                queued_at=now,
                parked_for=step.signal.value if state is State.PARKED else None,
                parked_at=now,
                finished_at=finished_at(state, now),
            )
            return Settled(delivery=settled.delivery, record=self._seal(claim, record, now))

    def lapsed(self, *, now: int, alive: Callable[[str], bool]) -> list[Claim]:
        """Answer in-flight claims whose lease is over (or starts in the future) or owner dead."""
        with self._lock:
            return [
                slot.claim
                for slot in self._now.slots.values()
                if slot.claim is not None
                and (
                    slot.claim.lease_until <= now
                    or slot.claim.started_at > now
                    or not alive(slot.owner)
                )
            ]

    def park(self, subscription: str, reason: str, *, now: int) -> int:
        """Park a subscription's pending deliveries, save those being replayed; answer how many."""
        to = move(State.PENDING, parking_signal(reason))
        with self._lock:
            slots = [
                slot
                for slot in self._now.standing(State.PENDING, subscription)
                if not (reason == GONE and _awaits_replay(slot.delivery))
            ]
            for slot in slots:
                held = slot.put(state=to, reason=reason)
                self._now.keep(held, parked_for=reason, parked_at=now)
            return len(slots)

    def resume(self, subscription: str, reasons: Collection[str], *, now: int) -> int:
        """Free parked deliveries that were parked for one of these reasons; due now."""
        (parked,) = sources_of(Signal.RESUMED)
        to = move(parked, Signal.RESUMED)
        with self._lock:
            standing = self._now.standing(parked, subscription)
            slots = [slot for slot in standing if slot.parked_for in reasons]
            for slot in slots:
                expires_at = slot.delivery.expires_at
                if expires_at is not None:
                    expires_at += max(0, now - slot.parked_at)
                free = slot.put(state=to, next_at=now, reason=None, expires_at=expires_at)
                self._now.keep(free, queued_at=now, parked_for=None)
            return len(slots)

    def expire(self, *, now: int) -> int:
        """Make dead letters of pending deliveries past their expiry (reason `expired`)."""
        to = move(State.PENDING, Signal.EXPIRED)
        with self._lock:
            for slot in self._now.standing(State.PENDING):
                if slot.queued_at > now:
                    wait = max(0, slot.delivery.next_at - slot.queued_at)
                    self._now.keep(slot.put(next_at=now + wait), queued_at=now)
            pending = self._now.standing(State.PENDING)
            slots = [slot for slot in pending if _is_past(slot.delivery.expires_at, now)]
            for slot in slots:
                self._now.keep(slot.put(state=to, reason="expired"), finished_at=now)
            return len(slots)

    def purge(self, *, now: int, retention: int) -> int:
        """Delete what was finished longer than `retention` ago; answer how many dead letters."""
        before = now - retention
        with self._lock:
            waiting = {each.delivery for each in self._now.attempts if not each.standing}
            old = [
                slot
                for name, slot in self._now.slots.items()
                if name not in waiting and _is_past(slot.finished_at, before)
            ]
            self._now.drop({slot.delivery.id for slot in old}, before)
            return sum(slot.delivery.state is State.DEAD for slot in old)

    def replay(self, ids: Sequence[str], *, by: str, now: int) -> list[Delivery]:
        """Queue these deliveries (`dlv_` ids) again. Raises IllegalMoveError for one in flight."""
        with self._lock:
            moved = []
            for slot, state in self._asked(ids, Signal.REPLAY):
                expires_at = slot.delivery.expires_at if slot.life is None else now + slot.life
                queued = slot.put(
                    state=state,
                    next_at=now,
                    tries=0,
                    reason=None,
                    expires_at=expires_at,
                    replayed_by=by,
                    replayed_at=now,
                )
                self._now.keep(queued, queued_at=now, parked_for=None, finished_at=None)
                moved.append(queued.delivery)
            return moved

    def cancel(self, ids: Sequence[str], *, now: int) -> list[Delivery]:
        """Cancel pending or parked deliveries. Raises IllegalMoveError for any other."""
        with self._lock:
            moved = []
            for slot, state in self._asked(ids, Signal.CANCEL):
                ended = slot.put(state=state)
                self._now.keep(ended, parked_for=None, finished_at=now)
                moved.append(ended.delivery)
            return moved

    def find(self, query: Query) -> list[Delivery]:
        """Answer the deliveries a query describes, newest first."""
        with self._lock:
            slots = [slot for slot in self._now.slots.values() if _fits(slot.delivery, query)]
        slots.sort(key=lambda slot: (slot.delivery.created_at, slot.row), reverse=True)
        return [slot.delivery for slot in slots][: query.limit]

    def event(self, id: str) -> Event | None:
        """Answer a stored event."""
        return self._now.events.get(id)

    def counts(self) -> dict[State, int]:
        """Count deliveries by state; every state is present."""
        with self._lock:
            return {state: len(self._now.standing(state)) for state in State}

    def next_due(self, subscriptions: Collection[str]) -> int | None:
        """Answer when the next pending delivery of these subscriptions is due."""
        with self._lock:
            return min((_due(slot)[0] for slot in self._waiting(subscriptions)), default=None)

    def gone(self) -> frozenset[str]:
        """Answer the endpoint marks that answered 410 and were not freed since."""
        return frozenset(self._now.gone)

    def mark_gone(self, endpoint: str, *, gone: bool, now: int) -> None:
        """Remember, or forget, that an endpoint answered 410."""
        with self._lock:
            if gone:
                self._now.gone[endpoint] = now
            else:
                self._now.gone.pop(endpoint, None)

    def unprojected(self, limit: int = 100, *, skip: int = 0) -> list[Record]:
        """Answer sealed records whose file does not stand yet, oldest first."""
        with self._lock:
            waiting = [each for each in self._now.attempts if not each.standing]
        waiting.sort(key=lambda each: each.at)
        return [each.record for each in waiting[skip : skip + limit]]

    def projected(self, rows: Sequence[int]) -> None:
        """The files of these records stand: their bytes leave the spool."""
        with self._lock:
            self._now.attempts = [
                replace(each, standing=True, record=replace(each.record, body=b""))
                if each.record.row in rows
                else each
                for each in self._now.attempts
            ]

    def evidence_names(self, delivery: str) -> list[tuple[str, str]]:
        """Answer (spec, file name) of a delivery's sealed records, oldest first."""
        with self._lock:
            records = [each.record for each in self._now.attempts if each.delivery == delivery]
        return [(record.spec, record.name) for record in records]

    def close(self) -> None:
        """There is nothing to let go of."""

    def _waiting(self, subscriptions: Collection[str], only: str | None = None) -> list[Slot]:
        return [
            slot
            for slot in self._now.standing(WAITING)
            if slot.delivery.subscription in subscriptions
            and (not slot.delivery.probe if only is None else slot.delivery.id == only)
        ]

    def _lease(
        self, slot: Slot, owner: str, token: str, now: int, leases: Mapping[str, int]
    ) -> Claim:
        before = slot.delivery
        leased = slot.put(state=LEASED, attempts=before.attempts + 1, tries=before.tries + 1)
        claim = Claim(
            delivery=leased.delivery,
            body=self._now.events[before.event].body,
            token=token,
            started_at=now,
            lease_until=now + leases[before.subscription],
        )
        self._now.keep(leased, owner=owner, claim=claim)
        return claim

    def _seal(self, claim: Claim, record: Mapping[str, object], now: int) -> Record:
        spec = chain_of(self._now.events[claim.delivery.event].spec)
        tip = self._now.tips.get(spec, Tip())
        sealed = seal_after(tip, record, claim, writer=self.writer, now=now)
        self._now.tips[spec] = sealed.tip
        self._now.rows += 1
        kept = Record(row=self._now.rows, spec=spec, name=sealed.name, body=sealed.body)
        self._now.attempts.append(
            Attempt(delivery=claim.delivery.id, record=kept, at=sealed.tip.at)
        )
        return kept

    def _asked(self, ids: Sequence[str], signal: Signal) -> list[tuple[Slot, State]]:
        known = self._now.slots
        slots = [known[each] for each in dict.fromkeys(ids) if each in known]
        return [(slot, move(slot.delivery.state, signal)) for slot in slots]


def _due(slot: Slot) -> tuple[int, int]:
    return (slot.delivery.next_at, slot.row)


def _awaits_replay(delivery: Delivery) -> bool:
    return delivery.replayed_at is not None and delivery.tries == 0


def _is_past(instant: int | None, now: int) -> bool:
    return instant is not None and instant < now


def _fits(delivery: Delivery, query: Query) -> bool:
    wanted = (
        (query.subscription, delivery.subscription),
        (query.type, delivery.type),
        (query.spec, delivery.spec),
    )
    return (
        (not query.ids or delivery.id in query.ids or delivery.event in query.ids)
        and (not query.states or delivery.state in query.states)
        and all(want is None or want == has for want, has in wanted)
        and (query.since is None or delivery.created_at >= query.since)
        and (query.until is None or delivery.created_at < query.until)
    )
