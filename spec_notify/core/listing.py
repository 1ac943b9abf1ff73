"""A delivery as listings show it, and what the user can do about one that is stuck.

Contract, section 8 (`--list --json`).
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from .delivery import NO_SUBSCRIPTION, State
from .instant import rfc3339
from .run import CHANNEL

if TYPE_CHECKING:
    from collections.abc import Collection

    from .delivery import Delivery

_GUIDANCE = {
    "secret_missing": "set the secret's variable; delivery resumes by itself",
    "invalid_url": "mend the URL (`spec-notify config check`); delivery resumes by itself",
    "unsupported": "this version cannot send it; a version that can resumes it",
    "no_subscription": "no subscription of this name is in the config; put it back and it resumes",
    "disabled": "the subscription says enabled = false",
    "gone": "the endpoint answered 410: give it another URL, or replay once it is back",
    "backlog_full": "the backlog was full: `spec-notify --replay {id}` once it drained",
    "expired": "it waited past expire_after: `spec-notify --replay {id}` sends it after all",
}


def remedy(reason: str) -> str:
    """Say what makes a subscription ready that is not, by the reason's word."""
    return _GUIDANCE.get(reason, "")


def facts(delivery: Delivery, seen: Collection[str] = ()) -> dict[str, Any]:
    """Answer a delivery as `--list --json` shows it (contract, section 8).

    Of one in `seen`, which a human has acknowledged, nothing is asked any more.
    """
    pending = delivery.state is State.PENDING
    return {
        "delivery": delivery.id,
        "event": delivery.event,
        "type": delivery.type,
        "subscription": delivery.subscription,
        "state": delivery.state,
        "task": delivery.task,
        "spec": delivery.spec,
        "document": delivery.document,
        "attempts": delivery.attempts,
        "nextAttemptAt": rfc3339(delivery.next_at) if pending else None,
        "lastStatus": delivery.last_status,
        "reason": delivery.reason,
        "guidance": None if delivery.id in seen else guidance(delivery),
        "createdAt": rfc3339(delivery.created_at),
    }


def guidance(delivery: Delivery) -> str | None:
    """Say what the user can do about a delivery that does not move by itself."""
    if delivery.state not in {State.DEAD, State.PARKED}:
        return None
    # One that met the 410 itself is parked with the answer's own words for a reason.
    gone = delivery.state is State.PARKED and delivery.last_status == HTTPStatus.GONE
    known = _GUIDANCE.get(delivery.reason or "") or (_GUIDANCE["gone"] if gone else None)
    if delivery.subscription == CHANNEL and delivery.reason == NO_SUBSCRIPTION:
        known = f"set {CHANNEL} for the worker, or start `spec-notify poll-run` again"
    text = known or "mend the endpoint, then `spec-notify --replay {id}`"
    return text.format(id=delivery.id)
