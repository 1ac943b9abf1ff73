"""A day in the spool of a shop: what pictures of the page are made of, the same every time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.delivery import Verdict
from spec_notify.core.event import (
    DEAD_LETTERED,
    STAGE_COMPLETED,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
)

from .scene import a_delivery, admit, an_event, attempt

if TYPE_CHECKING:
    from spec_notify.core.event import Event
    from spec_notify.ports import Spool

MINUTE, HOUR = 60_000, 3_600_000
TITLES = (
    "Checkout takes vouchers",
    "Search forgives typing errors",
    "Invoices carry the customer's number",
    "The basket survives a restart",
    "Prices are shown with tax",
    "Stock is counted once a minute",
    "Returns are booked at once",
    "A parcel can be followed",
)
SPECS = ("SPEC-SHOP-001-vouchers", "SPEC-SHOP-002-search", "SPEC-SHOP-003-invoices")
ARRIVALS = (
    (TASK_COMPLETED, "In Progress", "Done"),
    (TASK_IN_REVIEW, "In Progress", "In Review"),
    (TASK_COMPLETED, "In Review", "Done"),
    (TASK_TRANSITIONED, "Backlog", "In Progress"),
    (TASK_TRANSITIONED, "In Progress", "Blocked"),
    (TASK_COMPLETED, "In Review", "Done"),
)
WORKFLOW: tuple[tuple[str, dict[str, object]], ...] = (
    ("workflow.started", {"step_count": 3}),
    (
        "step.completed",
        {"step_type": "test", "service": "checkout", "success": True, "duration_ms": 8_200.0},
    ),
    (
        "failure.detected",
        {"step_type": "scan", "service": "checkout", "error": "two findings above medium"},
    ),
    (
        "workflow.completed",
        {"success": False, "total_duration_ms": 21_400.0, "steps_passed": 2, "steps_failed": 1},
    ),
)


def fill(spool: Spool, now: int, *, tasks: int = 64) -> None:
    """Admit a day of events and deliver most of them: one endpoint was away for an hour."""
    for number in range(1, tasks + 1):
        at = now - (tasks - number) * 22 * MINUTE - (number * 7919 % 17) * MINUTE
        _deliver(spool, _arrival(number, at), number, at)
        if number % 16 == 0:
            _work(spool, number, at + 2 * MINUTE)
    for at, event in (
        (now - 3 * MINUTE, _stage(now - 3 * MINUTE)),
        (now - 40_000, _arrival(tasks + 1, now - 40_000)),
    ):
        _deliver(spool, event, 1, at)
    stuck = _arrival(tasks + 2, now - 20_000)
    admit(spool, stuck, a_delivery(stuck), a_delivery(stuck, "mail"))
    attempt(spool, a_delivery(stuck), Verdict.DELIVERED, at=now - 19_990, took=31)
    spool.park("mail", "secret_missing", now=now - 19_000)


def _arrival(number: int, at: int) -> Event:
    kind, before, after = ARRIVALS[number % len(ARRIVALS)]
    spec = SPECS[number % len(SPECS)]
    title = TITLES[number % len(TITLES)]
    said: dict[str, object] = {
        "spec": {"id": spec, "matchedBy": "id"},
        "task": {
            "id": f"T{number}",
            "title": title,
            "status": after,
            "owners": ["Code"],
            "document": "SPEC.md",
            "line": 4 + number,
        },
        "transition": {"from": before, "to": after, "occurrence": 1, "appeared": False},
        "git": {"branch": "main", "dirty": False},
    }
    return an_event(number, kind, at=at, data=said, spec=spec, status=after, task=f"T{number}")


def _stage(at: int) -> Event:
    said: dict[str, object] = {
        "spec": {"id": SPECS[0]},
        "stage": {"name": "validate", "outcome": "success", "durationMs": 41_000},
    }
    return an_event(900, STAGE_COMPLETED, at=at, data=said, spec=SPECS[0], status=None)


def _work(spool: Spool, number: int, at: int) -> None:
    for step, (kind, said) in enumerate(WORKFLOW):
        success = said.get("success", kind != "failure.detected")
        status = None if kind == "workflow.started" else "success" if success else "failure"
        data = {"workflow": {"name": "nightly"}, **said}
        event = an_event(
            1_000 + number * 10 + step, kind, at=at + step * 9_000, data=data, spec=None,
            status=status, task="nightly",
        )  # fmt: skip
        _deliver(spool, event, number, event.at)


def _deliver(spool: Spool, event: Event, number: int, at: int) -> None:
    both = (a_delivery(event), a_delivery(event, "audit"))
    admit(spool, event, *both)
    took = 24 + number * 7919 % 61 + (180 if number % 11 == 0 else 0)
    attempt(spool, both[1], Verdict.DELIVERED, at=at + 9, took=took)
    if number in {21, 22, 23, 41}:
        _die(spool, event, at)
    elif number % 13 == 0:
        attempt(spool, both[0], Verdict.RETRY, at=at + 12, took=900, status=503)
        attempt(spool, both[0], Verdict.DELIVERED, at=at + 2_400, took=took)
    else:
        attempt(spool, both[0], Verdict.DELIVERED, at=at + 11, took=2 * took)


def _die(spool: Spool, event: Event, at: int) -> None:
    delivery = a_delivery(event)
    for after in (20, 2_500, 6_500):
        attempt(spool, delivery, Verdict.RETRY, at=at + after, took=900, status=503)
    if event.task in {"T21", "T41"}:
        said: dict[str, object] = {
            "delivery": delivery.id,
            "event": event.id,
            "subscription": "chatops",
            "task": event.task,
            "reason": "HTTP 503; exhausted after 3 attempts",
        }
        told = an_event(
            2_000 + int(event.task[1:]), DEAD_LETTERED, at=at + 8_000, data=said, status=None
        )
        admit(spool, told)
