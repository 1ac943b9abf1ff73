"""A spool without a disk: the same verbs and the same rules, gone when the process is."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State
from spec_notify.core.lane import PLAIN
from spec_notify.ports import Admitted

from .memory_attempts import MemoryAttempts
from .memory_lanes import MemoryLanes, next_due
from .memory_moves import MemoryMoves
from .tables import MemoryLedger, Tables

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Iterator, Mapping

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.core.lane import Lane
    from spec_notify.core.passage import Passage
    from spec_notify.ports import Ledger, Query, StoredDocument


class MemorySpool(MemoryAttempts, MemoryMoves, MemoryLanes):
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

    def find(self, query: Query) -> list[Delivery]:
        """Answer the deliveries a query describes, newest first."""
        with self._lock:
            slots = [slot for slot in self._now.slots.values() if _fits(slot.delivery, query)]
        slots.sort(key=lambda slot: (slot.delivery.created_at, slot.row), reverse=True)
        return [slot.delivery for slot in slots][: query.limit]

    def event(self, id: str) -> Event | None:
        """Answer a stored event."""
        return self._now.events.get(id)

    def events(
        self,
        limit: int,
        *,
        type: str | None = None,
        before: int | None = None,
        after: int | None = None,
    ) -> list[Admitted]:
        """Answer the latest events, newest first: of one type, and between two numbers."""
        with self._lock:
            known = [*self._now.numbers.items()]
        return [
            Admitted(number=number, event=self._now.events[each])
            for each, number in reversed(known)
            if (before is None or number < before)
            and (after is None or number > after)
            and type in {None, self._now.events[each].type}
        ][:limit]

    def number(self, event: str) -> int | None:
        """Answer the number an event was admitted under; None for one that is not here."""
        return self._now.numbers.get(event)

    def types(self) -> Mapping[str, int]:
        """Count the events by type."""
        with self._lock:
            return dict(sorted(Counter(each.type for each in self._now.events.values()).items()))

    def version(self) -> Hashable:
        """Answer what stays equal while nobody changes the spool."""
        with self._lock:
            return repr(self._now)

    def is_current(self) -> bool:
        """There is no other."""
        return True

    def counts(self) -> dict[State, int]:
        """Count deliveries by state, probes left out; every state is present."""
        with self._lock:
            return {
                state: sum(not slot.delivery.probe for slot in self._now.standing(state))
                for state in State
            }

    def next_due(
        self,
        subscriptions: Collection[str],
        *,
        lanes: Mapping[str, Lane] | None = None,
        now: int = 0,
    ) -> int | None:
        """Answer when the next pending delivery of these subscriptions may leave."""
        with self._lock:
            found = [
                next_due(self._now, name, (lanes or {}).get(name, PLAIN), now=now)
                for name in subscriptions
            ]
        return min((each for each in found if each is not None), default=None)

    def subscriptions(self) -> frozenset[str]:
        """Answer the names of subscriptions that have a pending delivery."""
        with self._lock:
            return frozenset(slot.delivery.subscription for slot in self._now.waiting())

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

    def oldest_pending(self) -> int | None:
        """Answer when the oldest pending delivery was queued, probes left out."""
        with self._lock:
            pending = [slot.delivery for slot in self._now.standing(State.PENDING)]
        return min((each.created_at for each in pending if not each.probe), default=None)

    def waits(self, recent: int) -> list[int]:
        """Answer the milliseconds from queued to delivered of the latest deliveries."""
        with self._lock:
            ended = [
                (slot.finished_at, slot.row, slot.delivery)
                for slot in self._now.standing(State.DELIVERED)
                if slot.finished_at is not None and not slot.delivery.probe
            ]
        ended.sort(key=lambda each: each[:2], reverse=True)
        return [
            at - (each.created_at if each.replayed_at is None else each.replayed_at)
            for at, _, each in ended[:recent]
        ]

    def passages(self, *, since: int, until: int) -> list[Passage]:
        """Answer what became of the deliveries queued from `since` up to `until`, oldest first."""
        with self._lock:
            slots = [
                slot
                for slot in self._now.slots.values()
                if since <= slot.delivery.created_at < until and not slot.delivery.probe
            ]
        slots.sort(key=lambda slot: (slot.delivery.created_at, slot.row))
        return [slot.passage() for slot in slots]

    def forgotten(self) -> int:
        """Count the evidence records whose delivery is here no more: purged, or discarded."""
        with self._lock:
            return sum(tip.sequence for tip in self._now.tips.values()) - len(self._now.attempts)

    def close(self) -> None:
        """There is nothing to let go of."""


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
