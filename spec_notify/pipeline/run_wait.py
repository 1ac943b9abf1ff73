"""Waiting for the end of a run: checks at an interval, sooner after trouble, until a limit."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from spec_notify.core.run_plan import next_check

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from spec_notify.core.run import Finish
    from spec_notify.core.run_plan import RunPlan
    from spec_notify.pipeline.run_check import Found


async def wait_for_end(
    plan: RunPlan,
    check: Callable[[int], Awaitable[Found]],
    *,
    clock: Callable[[], int],
    told: Callable[[Found, int], None],
) -> Finish | None:
    """Check until the run is over, and answer its end; None when the plan's limit comes first.

    `clock` is milliseconds that never go back; `told` hears of each check that was not the last
    one, and when the next one is. The last check before a limit is made when it is reached.
    """
    end = None if plan.limit is None else clock() + plan.limit
    troubles = 0
    while True:
        started = clock()
        found = await check(_deadline(plan, started, end))
        if found.finish is not None:
            return found.finish
        now = clock()
        if end is not None and now >= end:
            return None
        troubles = troubles + 1 if found.trouble else 0
        due = next_check(
            plan.interval, started=started, now=now, troubles=troubles, wish=found.wish
        )
        due = due if end is None else min(due, end)
        told(found, due)
        await asyncio.sleep((due - now) / 1_000)


def _deadline(plan: RunPlan, now: int, end: int | None) -> int:
    # What is asked at the limit itself is still given a moment.
    return plan.deadline if end is None else min(plan.deadline, max(end - now, 1_000))
