"""How the queue is doing: the oldest that waits, the next attempt, how long the latest took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec_notify.core.figures import spread
from spec_notify.core.instant import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.wiring import Wiring

RECENT = 1_000
"""So many of the latest deliveries the percentiles are taken over."""

ENOUGH = 20
"""Of fewer, percentiles are no news to a person."""


def vitals(wiring: Wiring) -> dict[str, Any]:
    """Answer what `--list --json` says of the queue as a whole; instants, and milliseconds."""
    if not wiring.has_spool:
        return {"oldestPendingAt": None, "nextAttemptAt": None, "latency": latency(())}
    spool = wiring.spool
    return {
        "oldestPendingAt": _spelled(spool.oldest_pending()),
        "nextAttemptAt": _spelled(spool.next_due(sorted(spool.subscriptions()))),
        "latency": latency(spool.waits(RECENT)),
    }


def latency(waits: Sequence[int]) -> dict[str, int | None]:
    """Answer how many were measured and their percentiles, by the nearest rank."""
    took = spread(waits)
    return {"count": took.count, "p50Ms": took.p50, "p95Ms": took.p95}


def spoken(facts: dict[str, Any]) -> str | None:
    """Say the same to a person; None when there is nothing to say."""
    took = facts["latency"]
    said = [
        f"oldest pending since {facts['oldestPendingAt']}" if facts["oldestPendingAt"] else "",
        f"next attempt {facts['nextAttemptAt']}" if facts["nextAttemptAt"] else "",
        f"latency p50 {took['p50Ms']} ms, p95 {took['p95Ms']} ms over {took['count']}"
        if took["count"] >= ENOUGH
        else "",
    ]
    return "; ".join(filter(None, said)) or None


def _spelled(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
