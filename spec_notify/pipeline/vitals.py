"""How the queue is doing: the oldest that waits, the next attempt, how long the latest took."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spec_notify.core.figures import spread
from spec_notify.core.instant import rfc3339

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.ports import Showing

RECENT = 1_000
"""So many of the latest deliveries the percentiles are taken over."""


def vitals(spool: Showing | None) -> dict[str, Any]:
    """Answer what `--list --json` says of the queue as a whole; instants, and milliseconds."""
    if spool is None:
        return {"oldestPendingAt": None, "nextAttemptAt": None, "latency": latency(())}
    return {
        "oldestPendingAt": _spelled(spool.oldest_pending()),
        "nextAttemptAt": _spelled(spool.next_due(sorted(spool.subscriptions()))),
        "latency": latency(spool.waits(RECENT)),
    }


def latency(waits: Sequence[int]) -> dict[str, int | None]:
    """Answer how many were measured and their percentiles, by the nearest rank."""
    took = spread(waits)
    return {"count": took.count, "p50Ms": took.p50, "p95Ms": took.p95}


def _spelled(at: int | None) -> str | None:
    return None if at is None else rfc3339(at)
