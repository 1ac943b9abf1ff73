"""What `poll-run` needs: who asks the server, who is told of the end, and the telling itself."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State
from spec_notify.core.errors import UsageError
from spec_notify.core.run import CHANNEL
from spec_notify.core.run_payload import finish_id
from spec_notify.ports import Query

from . import now
from .routes import route_of
from .user_word import ALIAS, asked_for, fault_of, hears_of_runs, with_user_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from spec_notify.core.delivery import Delivery
    from spec_notify.core.run import RunPlace
    from spec_notify.core.subscription import Subscription
    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.wiring import Wiring

API_KEY = "API_KEY"
GRACE = 10_000
"""Milliseconds that an attempt gets which is due or under way when the budget is used up."""
_OPEN = {State.PENDING, State.IN_FLIGHT}
_GLANCE = 0.05
_FREEING = 1_000
"""Milliseconds in which the first turn frees what an earlier process had to park."""


def ticks() -> int:
    """Answer milliseconds that never go back."""
    return time.monotonic_ns() // 1_000_000


def takers(wiring: Wiring) -> tuple[Subscription, ...]:
    """Answer who is to hear of the end of a run.

    Raises UsageError when there is nobody, or the environment's URL is of no use.
    """
    named = asked_for(wiring.environment)
    fault = fault_of(named, wiring.environment) if named else None
    if named and fault:
        raise UsageError(f"{named.url_env}: {fault}")
    subscribed = wiring.config.subscriptions if wiring.config.enabled else ()
    hearing = tuple(each for each in subscribed if hears_of_runs(each))
    found = with_user_word(hearing, wiring.environment)
    if not found:
        why = "and no subscription here takes run.finished"
        raise UsageError(f"{CHANNEL}: is missing ({ALIAS} too), {why}")
    return found


def deliveries(wiring: Wiring, place: RunPlace) -> list[Delivery]:
    """Answer the deliveries of a run's end, as they stand."""
    return wiring.spool.find(Query(ids=(finish_id(place),)))


def revive(wiring: Wiring, place: RunPlace, *, by: str) -> None:
    """Queue again what was given up: whoever asks anew has mended what was in the way."""
    dead = [each.id for each in deliveries(wiring, place) if each.state is State.DEAD]
    if dead:
        wiring.spool.replay(dead, by=by, now=now())


async def deliver(
    wiring: Wiring,
    place: RunPlace,
    told: Iterable[Subscription],
    *,
    budget: int,
    stop: asyncio.Event,
    on_attempt: Callable[[Attempted], None],
) -> list[Delivery]:
    """Deliver a run's end, and nothing else, within `budget` ms or until `stop`.

    What is under way then is let end. Answers the deliveries as they stand. Raises SpoolError.
    """
    served = {each.name: each for each in told}

    began = ticks()

    def waiting() -> bool:
        took, known = ticks() - began, deliveries(wiring, place)
        parked = State.PARKED if took < _FREEING else State.PENDING
        still = [each for each in known if each.state in {*_OPEN, parked}]
        # However short the budget, what is due is tried.
        due = any(each.state is State.IN_FLIGHT or each.next_at <= now() for each in still)
        return bool(still) and (took < budget or (due and took < GRACE))

    dispatch = wiring.dispatch(
        on_attempt,
        only=lambda: {name: route_of(each, wiring.environment) for name, each in served.items()},
    )
    ended = asyncio.Event()
    serving = asyncio.ensure_future(dispatch.serve(ended, grace=GRACE))
    try:
        while waiting() and not (stop.is_set() or serving.done()):
            await asyncio.wait({serving}, timeout=_GLANCE)
    finally:
        ended.set()
        await serving
        await dispatch.aclose()
    return deliveries(wiring, place)
