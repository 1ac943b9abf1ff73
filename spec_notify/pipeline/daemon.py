"""`watch`: hints and timers lead to looks, looks to deliveries, until somebody says stop.

Only ties the parts together: when a look is due is `settle`, what a look does is `intake`, what
a delivery does is `dispatch`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import msgspec

from spec_notify.core.errors import SpecNotifyError

from .intake import Looked, Wish
from .settle import VANISHED, Settle, Timers

if TYPE_CHECKING:
    from .dispatch import Dispatch

T = TypeVar("T")

BUSY_AGAIN = 500
"""Milliseconds until git, found in the middle of something, is looked at again."""


class Hands(msgspec.Struct, frozen=True, kw_only=True):
    """What a daemon needs done; `clock` is milliseconds that never go back."""

    look: Callable[[Wish], Looked | None]
    """None while nothing trusted enables us."""
    rewatch: Callable[[], None]
    changed: Callable[[], bool]
    """The stat pass: whether a known document, the config or HEAD carries another stamp."""
    clock: Callable[[], int]
    ready: Callable[[], None]
    told: Callable[[Looked], None]
    warn: Callable[[str], None]


class Daemon:
    """One watcher of one checkout."""

    def __init__(self, *, hands: Hands, dispatch: Dispatch, grace: int) -> None:
        self._hands = hands
        self._dispatch = dispatch
        self._grace = grace
        self._settle = Settle()
        self._vanishing: dict[str, int] = {}
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="look")
        self._wake = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def hint(self, reason: str) -> None:
        """Take note that something may have changed; any thread may call."""
        if self._settle.hint(self._hands.clock(), reason) and self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake.set)

    async def run(self, stop: asyncio.Event) -> None:
        """Look once, say ready, then look and deliver until `stop`; then drain and return."""
        self._loop = asyncio.get_running_loop()
        await self._hop(self._hands.rewatch)
        await self._look()
        self._hands.ready()
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self._wake.set())
        serving = asyncio.ensure_future(self._dispatch.serve(stop, grace=self._grace))
        timers = Timers.begin(self._hands.clock())
        while not stop.is_set() and not serving.done():
            await self._rest(timers)
            now = self._hands.clock()
            await self._check(timers.due(now))
            timers = timers.after(now)
            if not stop.is_set() and self._settle.due(self._hands.clock()):
                await self._look()
        stopping.cancel()
        await serving
        self._thread.shutdown(wait=True)

    async def _check(self, due: frozenset[str]) -> None:
        if "discover" in due:
            await self._hop(self._hands.rewatch)
        if "discover" in due or "audit" in due or ("stat" in due and await self._stale()):
            self._settle.again(self._hands.clock(), 0)

    async def _stale(self) -> bool:
        return await self._hop(self._hands.changed)

    async def _look(self) -> None:
        self._settle.begin()
        now = self._hands.clock()
        lasting = tuple(path for path, since in self._vanishing.items() if now - since >= VANISHED)
        try:
            looked = await self._hop(lambda: self._hands.look(Wish(settled=lasting)))
        except SpecNotifyError as error:
            self._hands.warn(str(error))
            self._settle.again(now, VANISHED)
            return
        if looked is None:
            return
        self._wait_for(looked, now)
        self._hands.told(looked)
        self._dispatch.wake()

    def _wait_for(self, looked: Looked, now: int) -> None:
        """Come back for what was not believed: tasks that vanished, git in the middle of it."""
        vanishing = {path for path, why in looked.deferred.items() if "vanished" in why}
        self._vanishing = {path: self._vanishing.get(path, now) for path in vanishing}
        for since in self._vanishing.values():
            self._settle.again(now, max(since + VANISHED - now, 0))
        if len(looked.deferred) > len(vanishing):
            self._settle.again(now, BUSY_AGAIN)

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
