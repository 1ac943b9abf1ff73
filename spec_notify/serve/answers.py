"""What the API answers out of a spool; where there is none, the same shapes, empty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from spec_notify.core.delivery import State
from spec_notify.core.figures import DAY, HOUR, share, spread
from spec_notify.core.instant import rfc3339
from spec_notify.core.listing import facts
from spec_notify.core.passage import lengths, over_time
from spec_notify.pipeline.listing import document, held
from spec_notify.pipeline.vitals import vitals
from spec_notify.ports import Query

from . import activity

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.figures import Spread
    from spec_notify.core.passage import Bucket
    from spec_notify.ports import Showing

RANGES = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY}
"""How far back the pictures go."""
_BUCKETS = 48


def events(spool: Showing | None, limit: int, type_: str | None) -> dict[str, Any]:
    """Answer the latest events, newest first, in the four members of the API."""
    found = spool.events(limit, type=type_) if spool else []
    return {"events": [activity.told(each.event) for each in found]}


def event(spool: Showing | None, id_: str) -> dict[str, Any] | None:
    """Answer one event and its deliveries; None for one that is not here."""
    found = spool.event(id_) if spool else None
    if spool is None or found is None:
        return None
    seen = spool.acknowledged()
    deliveries = spool.find(Query(ids=(id_,)))
    return {
        "schema": "spec-notify/event/1",
        "event": activity.told(found),
        "deliveries": [facts(each, seen) for each in deliveries],
    }


def recent(
    spool: Showing | None, limit: int, type_: str | None, before: str | None
) -> dict[str, Any] | None:
    """Answer lines of the latest events, or of those older than `before`; None if it is gone."""
    number = spool.number(before) if spool and before else None
    if before and number is None:
        return None
    found = spool.events(limit + 1, type=type_, before=number) if spool else []
    shown = [each.event for each in found[:limit]]
    ids = tuple(each.id for each in shown)
    deliveries = spool.find(Query(ids=ids)) if spool and ids else []
    return {
        "schema": "spec-notify/recent/1",
        "more": len(found) > limit,
        "events": [
            activity.line(each, [one for one in deliveries if one.event == each.id])
            for each in shown
        ],
    }


def deliveries(spool: Showing | None, query: Query, limit: int) -> dict[str, Any]:
    """Answer what `--list --json` does, the documents as they were last looked at."""
    seen = spool.acknowledged() if spool else {}
    found = spool.find(replace(query, limit=limit + 1 + len(seen))) if spool else []
    if query.states:
        found = [each for each in found if each.id not in seen]
    return {
        "schema": "spec-notify/list/1",
        **_queue(spool, seen),
        "documents": _documents(spool),
        "truncated": len(found) > limit,
        "deliveries": [facts(each, seen) for each in found[:limit]],
        **vitals(spool),
    }


def stats(spool: Showing | None, span: str, now: int) -> dict[str, Any]:
    """Answer what the pictures are drawn from: `span` is one of RANGES, back from `now`."""
    since = now - RANGES[span]
    passages = spool.passages(since=since, until=now + 1) if spool else []
    buckets = over_time(passages, since=since, until=now + 1, most=_BUCKETS)
    delivered, dead = (
        sum(getattr(each, name) for each in buckets) for name in ("delivered", "dead")
    )
    first, last = lengths(passages)
    types = spool.types() if spool else {}
    return {
        "schema": "spec-notify/stats/1",
        "range": span,
        "since": rfc3339(since),
        "until": rfc3339(now),
        "spool": spool is not None,
        "events": sum(types.values()),
        "types": dict(types),
        **_queue(spool, spool.acknowledged() if spool else {}),
        "delivered": delivered,
        "dead": dead,
        "success": share(delivered, delivered + dead),
        "toFirstAttempt": _spread(spread(first)),
        "toDelivery": _spread(spread(last)),
        "buckets": [_bucket(each) for each in buckets],
    }


def _queue(spool: Showing | None, seen: Mapping[str, int]) -> dict[str, Any]:
    counts = spool.counts() if spool else dict.fromkeys(State, 0)
    return {
        "counts": {**counts, State.DEAD: counts[State.DEAD] - len(seen)},
        "acknowledged": len(seen),
        "held": held(spool.documents() if spool else {}),
    }


def _documents(spool: Showing | None) -> list[dict[str, Any]]:
    known = ((path, each.snapshot) for path, each in (spool.documents() if spool else {}).items())
    return [
        document(path, each.format, len(each.tasks), each.notices) for path, each in sorted(known)
    ]


def _bucket(found: Bucket) -> dict[str, Any]:
    return {
        "start": rfc3339(found.start),
        "end": rfc3339(found.end),
        "delivered": found.delivered,
        "dead": found.dead,
        "open": found.open,
        "success": found.success,
        "toFirstAttempt": _spread(found.to_first_attempt),
        "toDelivery": _spread(found.to_delivery),
    }


def _spread(found: Spread) -> dict[str, int | None]:
    return {
        "count": found.count,
        "p50Ms": found.p50,
        "p95Ms": found.p95,
        "p99Ms": found.p99,
        "mostMs": found.most,
    }
