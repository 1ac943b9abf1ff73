"""What a spool without a disk remembers, and the ledger that drafts it."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from spec_notify.core.alarm import Alarm
from spec_notify.core.delivery import OPEN, Claim, Delivery, State
from spec_notify.core.errors import StaleBaselineError
from spec_notify.core.event import Event
from spec_notify.core.lane import Breaker
from spec_notify.core.passage import Passage
from spec_notify.ports import Record, StoredDocument

from .lanes import WAITING
from .rows import finished_at, is_unheard
from .sealing import Tip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.ports import Told


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A delivery and what the spool knows of it beside."""

    row: int
    delivery: Delivery
    life: int | None
    queued_at: int
    owner: str = ""
    claim: Claim | None = None
    parked_for: str | None = None
    parked_at: int = 0
    finished_at: int | None = None
    acknowledged_at: int | None = None
    tried_at: int | None = None
    unheard: bool = False

    def put(self, **facts: object) -> Slot:
        """Answer the slot with facts of its delivery changed."""
        return replace(self, delivery=replace(self.delivery, **facts))

    def passage(self) -> Passage:
        """Answer what became of the delivery, and when."""
        own = self.delivery
        return Passage(
            id=own.id,
            type=own.type,
            subscription=own.subscription,
            spec=own.spec,
            state=own.state,
            detected_at=own.created_at,
            tried_at=self.tried_at,
            finished_at=self.finished_at,
            replayed_at=own.replayed_at,
            attempts=own.attempts,
            reason=own.reason,
        )


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed attempt; its body leaves when its file stands."""

    delivery: str
    record: Record
    at: int
    standing: bool = False


class Tables(msgspec.Struct, kw_only=True):
    """Everything remembered; values are frozen, so that a copy of the tables is a copy of all."""

    documents: dict[str, StoredDocument] = {}
    told: dict[tuple[str, str, str], str] = {}
    occurrences: dict[tuple[str, str, str], int] = {}
    events: dict[str, Event] = {}
    numbers: dict[str, int] = {}
    slots: dict[str, Slot] = {}
    attempts: list[Attempt] = []
    tips: dict[str, Tip] = {}
    gone: dict[str, int] = {}
    breakers: dict[str, Breaker] = {}
    paces: dict[str, int] = {}
    alarms: dict[str, Alarm] = {}
    rows: int = 0

    def copy(self) -> Tables:
        """Answer the same again, to change and throw away."""
        tables: dict[str, Any] = msgspec.structs.asdict(self)
        return Tables(**{name: copy(table) for name, table in tables.items()})

    def keep(self, slot: Slot, **facts: object) -> None:
        """Put a delivery's slot in place of the one before."""
        self.slots[slot.delivery.id] = replace(slot, **facts)

    def standing(self, state: State, subscription: str | None = None) -> list[Slot]:
        """Answer the slots in a state, in the order they were admitted."""
        return [
            slot
            for slot in self.slots.values()
            if slot.delivery.state is state
            and (subscription is None or slot.delivery.subscription == subscription)
        ]

    def waiting(self, only: str | None = None) -> list[Slot]:
        """Answer the slots that may be claimed; a probe only when it is asked for by id."""
        return [
            slot
            for slot in self.standing(WAITING)
            if (not slot.delivery.probe if only is None else slot.delivery.id == only)
        ]

    def in_turn(self, slot: Slot) -> bool:
        """Say whether nothing of its task stands before a delivery of its subscription."""
        return not self.before(slot)

    def before(self, slot: Slot) -> list[Slot]:
        """Answer what is unfinished of a delivery's task and subscription, admitted before it."""
        own = slot.delivery
        if own.task is None or own.document is None:
            return []
        return [
            other
            for other in self.slots.values()
            if other.row < slot.row
            and other.finished_at is None
            and not other.delivery.probe
            and (other.delivery.subscription, other.delivery.document, other.delivery.task)
            == (own.subscription, own.document, own.task)
        ]

    def drop(self, old: set[str], before: int) -> None:
        """Delete deliveries, and the events nobody has or ever had one of."""
        touched = {self.slots.pop(each).delivery.event for each in old}
        self.attempts = [each for each in self.attempts if each.delivery not in old]
        wanted = {slot.delivery.event for slot in self.slots.values()}
        for event in [each for each in self.events.values() if each.id not in wanted]:
            if event.id in touched or event.at < before:
                del self.events[event.id], self.numbers[event.id]


class MemoryLedger:
    """`ports.Ledger` over a draft that takes effect as a whole."""

    def __init__(self, draft: Tables) -> None:
        self._draft = draft

    def document(self, path: str) -> StoredDocument | None:
        """Answer what is remembered of a document, as this draft has it."""
        return self._draft.documents.get(path)

    def save(self, document: StoredDocument) -> None:
        """Remember a document. Raises StaleBaselineError unless its revision is the next one."""
        known = self._draft.documents.get(document.path)
        if document.revision != (known.revision if known else 0) + 1:
            raise StaleBaselineError(document.path)
        self._draft.documents[document.path] = document

    def told(self, document: str) -> dict[tuple[str, str], str]:
        """Answer (branch, key) → status for a document; branch `*` included."""
        told = self._draft.told.items()
        return {(branch, key): status for (of, branch, key), status in told if of == document}

    def tell(self, document: str, told: Sequence[Told]) -> None:
        """Remember statuses as announced."""
        for each in told:
            self._draft.told[document, each.branch, each.key] = each.status

    def forget(self, document: str, branch: str, key: str) -> None:
        """Erase what was told of a task on a branch."""
        self._draft.told.pop((document, branch, key), None)

    def occurrence(self, document: str, key: str, to: str) -> int:
        """Raise and answer the count of admitted events for (document, key, to), from 1."""
        count = self._draft.occurrences.get((document, key, to), 0) + 1
        self._draft.occurrences[document, key, to] = count
        return count

    def rename(self, old: str, new: str) -> None:
        """A document moved: its memory, told statuses and counts go with it."""
        if old == new:
            return
        draft = self._draft
        document = draft.documents.pop(old, None)
        if document is not None:
            snapshot = replace(document.snapshot, document=new)
            draft.documents[new] = replace(document, path=new, snapshot=snapshot)
        for _, branch, key in [each for each in draft.told if each[0] == old]:
            draft.told[new, branch, key] = draft.told.pop((old, branch, key))
        for _, key, to in [each for each in draft.occurrences if each[0] == old]:
            moved = draft.occurrences.pop((old, key, to))
            known = draft.occurrences.get((new, key, to), 0)
            draft.occurrences[new, key, to] = max(moved, known)

    def open_count(self, subscription: str) -> int:
        """Count a subscription's deliveries that are pending, in flight or parked."""
        return sum(
            slot.delivery.subscription == subscription and slot.delivery.state in OPEN
            for slot in self._draft.slots.values()
        )

    def admit(self, event: Event, deliveries: Sequence[Delivery]) -> int:
        """Insert an event and its deliveries; one whose id is known is no news. Answer how many."""
        if event.id in self._draft.events:
            return 0
        self._draft.events[event.id] = event
        self._draft.rows += 1
        self._draft.numbers[event.id] = self._draft.rows
        for delivery in deliveries:
            self._draft.rows += 1
            created_at, expires_at = delivery.created_at, delivery.expires_at
            self._draft.slots[delivery.id] = Slot(
                row=self._draft.rows,
                delivery=delivery,
                life=None if expires_at is None else expires_at - created_at,
                queued_at=created_at,
                finished_at=finished_at(delivery.state, created_at),
                unheard=is_unheard(delivery.type, delivery.state),
            )
        return len(deliveries)

    def unheard(self, limit: int) -> list[Delivery]:
        """Answer dead letters that nothing was told of, oldest first."""
        return [slot.delivery for slot in self._draft.slots.values() if slot.unheard][:limit]

    def heard(self, deliveries: Sequence[str]) -> None:
        """These dead letters were told of, or counted."""
        for each in deliveries:
            self._draft.keep(self._draft.slots[each], unheard=False)

    def alarm(self, endpoint: str) -> Alarm:
        """Answer what was told of a destination's dead letters."""
        return self._draft.alarms.get(endpoint, Alarm(endpoint=endpoint))

    def keep(self, alarm: Alarm) -> None:
        """Remember what was told."""
        self._draft.alarms[alarm.endpoint] = alarm
