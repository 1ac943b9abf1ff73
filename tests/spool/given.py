"""What the spool's tests are given: events, deliveries, documents, and how they are used."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

from spec_notify.core.delivery import Claim, Delivery, Outcome, State, Verdict, advance
from spec_notify.core.event import Event, delivery_id, event_id
from spec_notify.core.retry import schedule
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import Status
from spec_notify.ports import Query, StoredDocument

if TYPE_CHECKING:
    from spec_notify.ports import Settled, Spool

NOW = 1_800_000_000_000
SECOND, DAY = 1_000, 86_400_000
LEASE = 20 * SECOND
PLAN = schedule("conductor", jitter=0.0)

_tokens = count(1)
_VERDICTS = {
    State.DELIVERED: Verdict.DELIVERED,
    State.DEAD: Verdict.REJECTED,
    State.PARKED: Verdict.GONE,
}


def an_event(number: int = 1, **facts: object) -> Event:
    known: dict[str, object] = {
        "id": event_id("repository", "SPEC.md", f"T{number}", "Done", 1),
        "type": "spec-kit.task.completed",
        "at": NOW,
        "body": b'{"number": %d}' % number,
        "task": f"T{number}",
        "status": "Done",
        "spec": "SPEC-KIT-075-add-webhook",
        "document": "SPEC.md",
        "owners": ("Code", "Gemini"),
        "branch": "main",
    }
    return Event(**{**known, **facts})  # type: ignore[arg-type]


def a_delivery(event: Event, subscription: str = "chatops", **facts: object) -> Delivery:
    known: dict[str, object] = {
        "id": delivery_id(event.id, subscription),
        "event": event.id,
        "type": event.type,
        "subscription": subscription,
        "state": State.PENDING,
        "created_at": NOW,
        "next_at": NOW,
        "expires_at": NOW + 7 * DAY,
        "task": event.task,
        "spec": event.spec,
        "document": event.document,
    }
    return Delivery(**{**known, **facts})  # type: ignore[arg-type]


def a_document(path: str = "SPEC.md", revision: int = 1, **facts: object) -> StoredDocument:
    status = Status(canonical="Done", text="done", raw="**Done**")
    task = Task(key="T1", id="T1", title="Ship it", status=status, line=3, owners=("Code",))
    known: dict[str, object] = {
        "path": path,
        "snapshot": Snapshot(document=path, format="table", tasks=(task,)),
        "digest": "ab" * 32,
        "revision": revision,
        "seen_at": NOW,
        "branch": "main",
        "head": "c0" * 20,
        "vanished": {"T9": status},
    }
    return StoredDocument(**{**known, **facts})  # type: ignore[arg-type]


def queue(
    spool: Spool, number: int = 1, subscription: str = "chatops", **facts: object
) -> Delivery:
    """Admit one event with one delivery, and answer the delivery."""
    event = an_event(number)
    delivery = a_delivery(event, subscription, **facts)
    with spool.ledger() as ledger:
        assert ledger.admit(event, [delivery]) == 1
    return delivery


def claim(
    spool: Spool,
    limit: int = 100,
    *,
    now: int = NOW,
    subscriptions: tuple[str, ...] = ("chatops",),
    owner: str = "worker",
    only: str | None = None,
) -> list[Claim]:
    return spool.claim(
        limit,
        subscriptions=subscriptions,
        owner=owner,
        token=lambda: f"token-{next(_tokens)}",
        now=now,
        leases=dict.fromkeys(subscriptions, LEASE),
        only=only,
    )


def claim_one(spool: Spool, *, now: int = NOW) -> Claim:
    (claimed,) = claim(spool, 1, now=now)
    return claimed


def settle(
    spool: Spool, claimed: Claim, verdict: Verdict, *, now: int = NOW, status: int | None = None
) -> Settled | None:
    outcome = Outcome(verdict=verdict, detail=f"it was {verdict}", status=status)
    step = advance(claimed.delivery, outcome, PLAN, now=now, jitter=0.5)
    return spool.settle(claimed, step, {"said": verdict}, status=status, now=now)


def deliver(spool: Spool, *, now: int = NOW) -> Delivery:
    settled = settle(spool, claim_one(spool, now=now), Verdict.DELIVERED, now=now, status=200)
    assert settled is not None
    return settled.delivery


def only_one(spool: Spool) -> Delivery:
    (found,) = spool.find(Query())
    return found


def in_state(spool: Spool, state: State, number: int = 1) -> Delivery:
    """Queue a delivery and bring it into a state the way it gets there in life."""
    delivery = queue(spool, number)
    if state is State.CANCELLED:
        spool.cancel([delivery.id], now=NOW)
    elif state is not State.PENDING:
        (claimed,) = claim(spool, only=delivery.id)
        if state in _VERDICTS:
            settle(spool, claimed, _VERDICTS[state])
    return spool_delivery(spool, delivery.id)


def spool_delivery(spool: Spool, id: str) -> Delivery:
    (found,) = spool.find(Query(ids=(id,)))
    return found
