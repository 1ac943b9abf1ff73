"""How the queue is doing, in words: what `pipeline.vitals` found, said to a person."""

from __future__ import annotations

from typing import Any

from spec_notify.core.instant import parse_rfc3339, rounded_duration

ENOUGH = 20
"""Of fewer, percentiles are no news to a person."""


def spoken(facts: dict[str, Any], *, now: int) -> str | None:
    """Say the same to a person; None when there is nothing to say."""
    took = facts["latency"]
    said = [
        _oldest(facts["oldestPendingAt"], now) if facts["oldestPendingAt"] else "",
        f"next attempt {facts['nextAttemptAt']}" if facts["nextAttemptAt"] else "",
        f"latency p50 {took['p50Ms']} ms, p95 {took['p95Ms']} ms over {took['count']}"
        if took["count"] >= ENOUGH
        else "",
    ]
    return "; ".join(filter(None, said)) or None


def _oldest(since: str, now: int) -> str:
    age = max(now - parse_rfc3339(since), 0)
    return f"oldest pending since {since}, for {rounded_duration(age)}"
