"""How lanes stand: which breakers are not closed, and what holds one delivery back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from spec_notify.core.config import shown_url
from spec_notify.core.delivery import State
from spec_notify.core.instant import rfc3339
from spec_notify.core.lane import Breaker, Position, position, spell_rate

from .slots import lane_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.lane import Lane
    from spec_notify.ports import Route, Showing, Spool


def open_breakers(spool: Showing, routes: Mapping[str, Route], now: int) -> list[dict[str, Any]]:
    """Answer the breakers of the config's destinations that hold something back or would."""
    known = spool.breakers()
    by_endpoint = {lane_of(each).endpoint: each for each in routes.values() if each.endpoint}
    return [
        breaker_facts(known[endpoint], route, routes, now)
        for endpoint, route in by_endpoint.items()
        if endpoint in known and position(known[endpoint], now) is not Position.CLOSED
    ]


def breaker_facts(
    breaker: Breaker, route: Route, routes: Mapping[str, Route], now: int
) -> dict[str, Any]:
    """Answer where a breaker stands, of which destination, since when, and when it tries next."""
    own = lane_of(route).endpoint
    where = position(breaker, now)
    closed = where is Position.CLOSED
    since = breaker.since or breaker.opened_at
    return {
        "endpoint": shown_url(route.endpoint.url.reveal()) if route.endpoint else "…",
        "subscriptions": [name for name, each in routes.items() if lane_of(each).endpoint == own],
        "state": where.value,
        "since": None if closed or since is None else rfc3339(since),
        "nextTryAt": None if closed else rfc3339(_next_try(breaker, now)),
        "trying": where is Position.HALF_OPEN and _is_trying(breaker, now),
        "failures": breaker.failures,
        "offline": breaker.offline,
    }


def lane_facts(
    spool: Spool, routes: Mapping[str, Route], delivery: Delivery, now: int
) -> dict[str, Any] | None:
    """Answer the lane of a delivery and what in it holds it back; None where it has none now."""
    route = routes.get(delivery.subscription)
    if route is None or route.endpoint is None:
        return None
    lane = lane_of(route)
    breaker = spool.breakers().get(lane.endpoint, Breaker(endpoint=lane.endpoint))
    waits = delivery.state is State.PENDING
    facts: dict[str, Any] = {
        "breaker": breaker_facts(breaker, route, routes, now),
        "rate": _rate(spool, lane, delivery, now) if lane.rate else None,
        "order": {"behind": spool.ahead(delivery.id) if waits else []} if lane.ordered else None,
    }
    return {**facts, "heldBackBy": list(_holds(facts, delivery)) if waits else []}


def _rate(spool: Spool, lane: Lane, delivery: Delivery, now: int) -> dict[str, Any]:
    alone = {delivery.subscription: replace(lane, endpoint="", ordered=False)}
    due = spool.next_due((delivery.subscription,), lanes=alone, now=now)
    spelled = spell_rate(lane.rate) if lane.rate else None
    later = due is not None and due > max(now, delivery.next_at)
    return {"limit": spelled, "freeAt": rfc3339(due) if later and due else None}


def _holds(facts: dict[str, Any], delivery: Delivery) -> Iterator[str]:
    # What somebody has just asked for by name passes a breaker, once.
    fresh = delivery.replayed_at is not None and delivery.tries == 0
    if facts["breaker"]["state"] != Position.CLOSED and not fresh:
        yield "breaker"
    if facts["rate"] and facts["rate"]["freeAt"]:
        yield "rate"
    if facts["order"] and facts["order"]["behind"]:
        yield "order"


def spell_breaker(facts: Mapping[str, Any]) -> str:
    """Say the same of a breaker in words."""
    if facts["state"] == Position.CLOSED:
        failed = facts["failures"]
        return f"closed, after {failed} failures in a row" if failed else "closed"
    why = "no route from here" if facts["offline"] else f"{facts['failures']} failures in a row"
    state = str(facts["state"]).replace("_", " ")
    tries = "one attempt tries it now, until" if facts["trying"] else "next try at"
    return f"{state} since {facts['since']} ({why}); {tries} {facts['nextTryAt']}"


def _is_trying(breaker: Breaker, now: int) -> bool:
    return breaker.trial is not None and now < breaker.trial_until


def _next_try(breaker: Breaker, now: int) -> int:
    return breaker.trial_until if _is_trying(breaker, now) else breaker.until or now
