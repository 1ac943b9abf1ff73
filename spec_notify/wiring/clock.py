"""The clock: the one place that reads the time."""

from __future__ import annotations

import time


def now() -> int:
    """Answer the instant, in milliseconds since the epoch."""
    return nanoseconds() // 1_000_000


def nanoseconds() -> int:
    """Answer the instant, in nanoseconds since the epoch."""
    return time.time_ns()
