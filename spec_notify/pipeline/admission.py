"""An event becomes deliveries: one for each subscription that takes it, inside one transaction."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import Delivery, State
from spec_notify.core.event import delivery_id

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.core.event import Event
    from spec_notify.core.subscription import Subscription
    from spec_notify.ports import Ledger


def admit(
    ledger: Ledger, event: Event, takers: Iterable[Subscription], *, max_pending: int, now: int
) -> int:
    """Insert an event with a delivery for each taker; answer how many, none for a known one.

    A taker whose backlog is full gets a dead letter (contract, promise 11).
    """
    deliveries = [
        _delivery(event, each, now, full=ledger.open_count(each.name) >= max_pending)
        for each in takers
    ]
    return ledger.admit(event, deliveries)


def _delivery(event: Event, taker: Subscription, now: int, *, full: bool) -> Delivery:
    return Delivery(
        id=delivery_id(event.id, taker.name),
        event=event.id,
        type=event.type,
        subscription=taker.name,
        state=State.DEAD if full else State.PENDING,
        reason="backlog_full" if full else None,
        created_at=now,
        next_at=now,
        expires_at=now + taker.expire_after,
        task=event.task,
        spec=event.spec,
        document=event.document,
    )
