"""`watch`: hints and timers lead to looks, looks to deliveries, until somebody says stop.

Only ties the parts together: when a look is due is `settle`, what a look does is `intake`, what
a delivery does is `dispatch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

import msgspec

from spec_notify.core.errors import SpecNotifyError

from .intake import Looked, Wish
from .settle import VANISHED, Doubts, Settle, Timers

T = TypeVar("T")


class Hands(msgspec.Struct, frozen=True, kw_only=True):
    """What a daemon needs done; `clock` is milliseconds that never go back."""

    look: Callable[[Wish], Looked | None]
    """None while nothing trusted enables us."""
    rewatch: Callable[[], None]
    changed: Callable[[], str | None]
    """The stat pass: a Reason when a known document, the config or HEAD carries another stamp.

    `WRITTEN` for a document touched so lately that somebody may still be writing it.
    """
    clock: Callable[[], int]
    ready: Callable[[], None]
    told: Callable[[Looked], None]
    warn: Callable[[str], None]


class Deliverer(Protocol):
    """What delivers beside the looks: `Dispatch`."""

    def wake(self) -> None:
        """Look at the spool now; called on the event loop."""

    async def serve(self, stop: asyncio.Event, *, grace: int) -> None:
        """Deliver until `stop` is set; then give attempts `grace` to end."""


class Daemon:
    """One watcher of one checkout."""

    def __init__(self, *, hands: Hands, dispatch: Deliverer, grace: int) -> None:
        self._hands = hands
        self._dispatch = dispatch
        self._grace = grace
        self._settle = Settle()
        self._doubts = Doubts()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hint(self, reason: str) -> None:
        """Take note that something may have changed; any thread may call."""
        if self._settle.hint(self._hands.clock(), reason) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Look once, say ready, then look and deliver until `stop`; then drain and return.

        Whatever ends it, attempts under way get their `grace`. Raises what nobody expected.
        """
        self._loop = asyncio.get_running_loop()
        try:
            await self._look()
            self._hands.ready()
            await self._serve(stop)
        finally:
            self._thread.shutdown(wait=True)

    async def _serve(self, stop: asyncio.Event) -> None:
        serving = asyncio.ensure_future(self._dispatch.serve(stop, grace=self._grace))
        stopping = asyncio.ensure_future(stop.wait())
        for each in (serving, stopping):
            each.add_done_callback(lambda _: self._wake.set())
        try:
            timers = Timers.begin(self._hands.clock())
            while not stop.is_set() and not serving.done():
                timers = await self._turn(stop, timers)
        finally:
            stop.set()
            stopping.cancel()
            await serving

    async def _turn(self, stop: asyncio.Event, timers: Timers) -> Timers:
        await self._rest(timers)
        now = self._hands.clock()
        await self._check(timers.due(now))
        if not stop.is_set() and self._settle.due(self._hands.clock()):
            await self._look()
        return timers.after(now)

    async def _check(self, due: frozenset[str]) -> None:
        """Do what the timers ask for; a check that fails is made up for by a later look."""
        if not due:
            return
        try:
            found = await self._hop(self._hands.changed)
        except (SpecNotifyError, OSError) as error:
            self._fail(error)
            return
        if found is not None or due & {"discover", "audit"}:
            self._settle.tick(self._hands.clock(), found)

    async def _look(self) -> None:
        self._settle.begin()
        now = self._hands.clock()
        wish = Wish(settled=self._doubts.settled(now))
        try:
            # A folder made since the last look must be watched before it is read.
            await self._hop(self._hands.rewatch)
            looked = await self._hop(lambda: self._hands.look(wish))
        except (SpecNotifyError, OSError) as error:
            self._fail(error)
            return
        if looked is None:
            return
        wait = self._doubts.note(looked.deferred, now)
        if wait is not None:
            self._settle.again(now, wait)
        self._hands.told(looked)
        self._dispatch.wake()

    def _fail(self, error: Exception) -> None:
        self._hands.warn(str(error))
        self._settle.again(self._hands.clock(), VANISHED)

    async def _rest(self, timers: Timers) -> None:
        now = self._hands.clock()
        settled = self._settle.next(now)
        wait = timers.next(now) if settled is None else min(timers.next(now), settled)
        try:
            async with asyncio.timeout(wait / 1000):
                await self._wake.wait()
        except TimeoutError:
            return
        finally:
            self._wake.clear()

    async def _hop(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
