"""`spec-notify explain ID`: why a delivery stands where it does, decision by decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from spec_notify.core.delivery import State
from spec_notify.core.instant import parse_rfc3339, rfc3339, spell_duration
from spec_notify.core.subscription import Subscription, wants

from .explain_voice import tell_story
from .records import records_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.wiring import Wiring

    from .records import Record
    from .session import Session

FILTERS = (
    ("events",),
    ("statuses",),
    ("spec_ids",),
    # Either of these two lets a task pass.
    ("task_ids", "task_prefixes"),
    ("owners",),
    ("branches",),
)
_ASKED = {
    "events": "type",
    "statuses": "status",
    "spec_ids": "spec",
    "task_ids": "task",
    "owners": "owners",
    "branches": "branch",
}


def explain_id(here: Session, id: str) -> int:
    """Explain an event or a delivery; 1 for one the spool does not know."""
    from spec_notify.ports import Query

    wiring = here.wiring()
    found = wiring.spool.find(Query(ids=(id,))) if wiring.has_spool else []
    event = wiring.spool.event(found[0].event if found else id) if wiring.has_spool else None
    if event is None:
        here.talk(
            f"{id}: the spool here knows none. `spec-notify --list` shows those it does; what was "
            "purged is left in the evidence, and another checkout has a spool of its own"
        )
        return 1
    shown = _facts(wiring, event, found, everyone=id == event.id)
    if not here.answer("explain", id=id, **shown):
        tell_story(shown)
    return 0


def _facts(
    wiring: Wiring, event: Event, deliveries: list[Delivery], *, everyone: bool
) -> dict[str, Any]:
    known = {each.subscription for each in deliveries}
    others = [each for each in wiring.config.subscriptions if everyone and each.name not in known]
    return {
        "event": _event(event),
        "deliveries": [_delivery(wiring, event, each) for each in deliveries],
        "notSentTo": [{"subscription": each.name, **heard(each, event)} for each in others],
    }


def _event(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "at": rfc3339(event.at),
        "task": event.task,
        "status": event.status,
        "spec": event.spec,
        "document": event.document,
        "owners": list(event.owners),
        "branch": event.branch,
        "toldOnAnotherBranch": event.heard,
    }


def heard(subscription: Subscription, event: Event) -> dict[str, Any]:
    """Say whether a subscription, as it stands now, wants an event, and which filter says what.

    A filter that is not stated lets everything pass and is left out.
    """
    return {
        "wanted": wants(subscription, event),
        "enabled": subscription.enabled,
        "filters": list(_filters(subscription, event)),
    }


def _filters(subscription: Subscription, event: Event) -> Iterator[dict[str, Any]]:
    facts = _event(event)
    for keys in FILTERS:
        stated = {key: getattr(subscription, key) for key in keys}
        if not any(stated.values()):
            continue
        # Asked of the one rule there is, about this filter alone.
        alone = Subscription(name="alone", **{"events": (event.type,), **stated})
        yield {
            "filter": " or ".join(key for key in keys if stated[key]),
            "wants": [value for values in stated.values() for value in values],
            "has": facts[_ASKED[keys[0]]],
            "passes": wants(alone, replace(event, heard=False)),
        }


def _delivery(wiring: Wiring, event: Event, delivery: Delivery) -> dict[str, Any]:
    from spec_notify.core.listing import facts
    from spec_notify.pipeline.holding import lane_facts
    from spec_notify.wiring import now

    by_name = {each.name: each for each in wiring.config.subscriptions}
    subscription = by_name.get(delivery.subscription)
    records = records_of(wiring, delivery.id)
    lane = lane_facts(wiring.spool, wiring.routes(), delivery, now())
    return {
        **facts(delivery, wiring.spool.acknowledged()),
        "expiresAt": None if delivery.expires_at is None else rfc3339(delivery.expires_at),
        "heard": None if subscription is None else heard(subscription, event),
        "schedule": None if subscription is None else _schedule(subscription),
        "history": [_entry(each, subscription) for each in records],
        "lane": lane,
        "next": _next(wiring, delivery, lane),
    }


def _schedule(subscription: Subscription) -> dict[str, Any]:
    plan = subscription.retry
    return {
        "delays": [spell_duration(each) for each in plan.delays],
        "maxAttempts": plan.max_attempts,
        "jitter": plan.jitter,
    }


def _entry(record: Record, subscription: Subscription | None) -> dict[str, Any]:
    """Say what one record of evidence says; of one that is gone, that it is."""
    body = record.body or {}
    step, response = _table(body, "step"), _table(body, "response")
    return {
        "attempt": record.attempt or None,
        "evidence": record.path,
        "missing": record.missing,
        "startedAt": body.get("startedAt"),
        "finishedAt": body.get("finishedAt"),
        "verdict": body.get("verdict"),
        "status": response.get("status"),
        "reason": body.get("reason"),
        "retryAfter": _table(response, "headers").get("retry-after"),
        "state": step.get("state"),
        "why": step.get("reason"),
        "nextAttemptAt": step.get("nextAttemptAt"),
        "waitMs": _wait(body.get("finishedAt"), step.get("nextAttemptAt")),
        "step": _step(body.get("tries"), step, subscription),
        "replay": body.get("replay"),
        "acknowledged": body.get("acknowledged"),
    }


def _table(body: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = body.get(key)
    return found if isinstance(found, dict) else {}


def _wait(since: object, until: object) -> int | None:
    try:
        return parse_rfc3339(str(until)) - parse_rfc3339(str(since))
    except ValueError:
        return None


def _step(
    tries: object, step: Mapping[str, Any], subscription: Subscription | None
) -> dict[str, Any] | None:
    """Answer the step of the schedule, as it stands now, that a wait came from."""
    if subscription is None or step.get("signal") != "retry" or not isinstance(tries, int):
        return None
    delays = subscription.retry.delays
    number = min(max(tries, 1), len(delays))
    return {"number": number, "of": len(delays), "delay": spell_duration(delays[number - 1])}


def _next(wiring: Wiring, delivery: Delivery, lane: Mapping[str, Any] | None) -> str:
    """Say what happens next, and when, if nobody does anything."""
    kept = spell_duration(wiring.config.dead_letter_retention)
    match delivery.state:
        case State.PENDING:
            return _due(wiring, delivery, lane)
        case State.IN_FLIGHT:
            return f"attempt {delivery.attempts} is under way"
        case State.DELIVERED:
            return f"nothing: the receiver has it; kept for {kept}, then purged"
        case State.PARKED:
            return "nothing until its reason is gone; it does not expire meanwhile"
        case State.DEAD:
            return f"nothing by itself: kept for {kept}, then purged"
        case State.CANCELLED:
            return f"nothing: `spec-notify --replay {delivery.id}` sends it after all"


def _due(wiring: Wiring, delivery: Delivery, lane: Mapping[str, Any] | None) -> str:
    if not wiring.config.enabled:
        return f"nothing while spec-notify is off: {wiring.loaded.off_because}"
    route = wiring.routes().get(delivery.subscription)
    if route is None:
        return f"it is parked: no subscription {delivery.subscription} is in the config"
    if route.unready is not None:
        return f"it is parked: {route.unready.replace('_', ' ')}: {route.why}"
    at = f"attempt {delivery.attempts + 1} {_when(delivery, lane)}"
    if wiring.watching.lives():
        return f"{at}, by the watcher"
    return f"{at} or later, by the next hook, `spec-notify deliver` or `watch`: no watcher lives"


def _when(delivery: Delivery, lane: Mapping[str, Any] | None) -> str:
    """Say from when on an attempt may begin, as its lane stands."""
    holds = lane["heldBackBy"] if lane else []
    moments = [rfc3339(delivery.next_at)]
    if lane and "breaker" in holds:
        moments.append(lane["breaker"]["nextTryAt"])
    if lane and "rate" in holds:
        moments.append(lane["rate"]["freeAt"])
    at = f"at {max(moments)}"
    if lane and "order" in holds:
        return f"{at}, and not before {lane['order']['behind'][-1]} is finished"
    return at
