"""The way out of a process that runs a workflow: the spool first, then a worker behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from spec_notify.core.delivery import State, Verdict
from spec_notify.core.errors import SpecNotifyError

from .admitting import admit_event
from .events import logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.pipeline.attempt import Attempted
    from spec_notify.pipeline.dispatch import Dispatch
    from spec_notify.wiring import Wiring

    from .admitting import Emitted
    from .events import WorkflowEvent

WORKER = "spec-notify-deliveries"
"""The name of the task that delivers."""
_FINE = (Verdict.DELIVERED, Verdict.DRY_RUN)


class SpoolOutlet:
    """Writes events into a repository's spool and delivers what is due while the loop runs.

    Where a watcher lives, it delivers. What is left when the loop ends leaves with the next
    `spec-notify deliver`, hook or watcher.
    """

    def __init__(self, wiring: Wiring, *, sends: bool = True) -> None:
        self._wiring = wiring
        self._sends = sends
        self._first_tries: dict[str, asyncio.Future[str | None]] = {}
        self._untried: dict[str, str | None] = {}
        """Deliveries whose first try is not over, with what keeps them from being tried at all."""
        self._worker: asyncio.Task[None] | None = None
        self._stop = asyncio.Event()
        self._end = 0.0
        self._closed = False

    def admit(self, event: WorkflowEvent, webhooks: Sequence[str]) -> Mapping[str, str]:
        """Write an event into the spool. Raises PayloadError and SpoolError."""
        if self._closed:
            raise SpecNotifyError("the emitter is closed")
        emitted = admit_event(self._wiring, event, only=webhooks)
        self._untried |= self._hindrances(emitted)
        return emitted.deliveries

    async def deliver(self, delivery: str) -> str | None:
        """Wait for the first try of a delivery, and answer why it failed if it did.

        One that has to wait for something else, or that a watcher delivers, is not waited for.
        """
        try:
            if self._closed:
                return None
            if self._wiring.watching.lives():
                self._wiring.watching.poke()
                return None
            if not self._sends:
                return None
            hindered = self._untried.get(delivery)
            if hindered is not None:
                return hindered
            self._work()
            return await self._first_try(delivery)
        finally:
            self._first_tries.pop(delivery, None)
            self._untried.pop(delivery, None)

    async def aclose(self, drain: float) -> None:
        """Deliver for at most `drain` seconds more, and whatever an attempt under way takes."""
        self._closed = True
        if self._is_stranded():
            self._work()
        if self._worker is not None and not self._worker.done():
            self._end = asyncio.get_running_loop().time() + drain
            self._stop.set()
            await asyncio.wait({self._worker})
        for warning in self._wiring.take_warnings():
            logger.warning("%s", warning)
        self._wiring.close()

    def _is_stranded(self) -> bool:
        """Say whether a loop ended before what was admitted in it could leave."""
        if self._worker is not None:
            return self._worker.cancelled()
        waits = any(hindrance is None for hindrance in self._untried.values())
        return self._sends and waits and not self._wiring.watching.lives()

    def _hindrances(self, emitted: Emitted) -> dict[str, str | None]:
        """Answer what keeps each delivery from being tried at all, where something does."""
        from spec_notify.ports import Query

        routes = self._wiring.routes()
        dead = self._wiring.spool.find(Query(ids=(emitted.event.id,), states=(State.DEAD,)))
        reasons = {each.id: f"a dead letter: {each.reason}" for each in dead}
        return {
            delivery: f"parked: {routes[name].why}"
            if routes[name].unready
            else reasons.get(delivery)
            for name, delivery in emitted.deliveries.items()
        }

    def _work(self) -> None:
        """Have the worker look at the spool now; one of a loop that ended is replaced."""
        if self._worker is None or self._worker.done():
            self._stop = asyncio.Event()
            loop = asyncio.get_running_loop()

            def heard(attempted: Attempted) -> None:
                loop.call_soon_threadsafe(self._tried, attempted)

            self._dispatch = self._wiring.dispatch(heard)
            self._worker = loop.create_task(self._serve(self._dispatch), name=WORKER)
        self._dispatch.wake()

    async def _serve(self, dispatch: Dispatch) -> None:
        try:
            await dispatch.serve(self._stop, grace=0)
            left = self._end - asyncio.get_running_loop().time()
            await dispatch.drain(max(round(left * 1000), 0))
        except Exception as error:  # noqa: BLE001 - a bug's text may hold a URL: its name is said
            logger.error("nothing more is delivered here: %s", type(error).__name__)
        finally:
            await dispatch.aclose()
            for waiting in [*self._first_tries.values()]:
                waiting.cancel()

    def _first_try(self, delivery: str) -> asyncio.Future[str | None]:
        # Whoever comes first, the attempt or the one who waits for it, makes the future.
        loop = asyncio.get_running_loop()
        return self._first_tries.setdefault(delivery, loop.create_future())

    def _tried(self, attempted: Attempted) -> None:
        if attempted.delivery.id not in self._untried:
            return
        tried = self._first_try(attempted.delivery.id)
        if not tried.done():
            tried.set_result(_trouble(attempted))


def _trouble(attempted: Attempted) -> str | None:
    if attempted.outcome.verdict in _FINE:
        return None
    again = "; it is tried again" if attempted.delivery.state is State.PENDING else ""
    return attempted.outcome.detail + again
