"""Delivering from a command: one pass over the spool on an event loop of its own."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.wiring import Wiring


def drained(
    wiring: Wiring, budget: int, on_attempt: Callable[[Attempted], None] = lambda _: None
) -> list[Attempted]:
    """Deliver what is due within `budget` milliseconds and answer the attempts made.

    `on_attempt` hears of each as it is settled, on the spool's thread. Raises SpoolError.
    """
    attempts: list[Attempted] = []

    def heard(attempted: Attempted) -> None:
        attempts.append(attempted)
        on_attempt(attempted)

    async def run() -> None:
        dispatch = wiring.dispatch(heard)
        try:
            await dispatch.drain(budget)
        finally:
            await dispatch.aclose()

    asyncio.run(run())
    return attempts
