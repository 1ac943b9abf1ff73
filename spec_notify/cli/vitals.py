"""How the queue is doing, in words: what `pipeline.vitals` found, said to a person."""

from __future__ import annotations

from typing import Any

ENOUGH = 20
"""Of fewer, percentiles are no news to a person."""


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
