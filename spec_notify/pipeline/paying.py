"""Debts paid beside the attempts, on a thread of their own: no delivery waits for a lock."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.ports import Debts


class Paying:
    """Pays what is due, once at a time; nothing where there are no debts to speak of."""

    def __init__(self, debts: Debts | None, clock: Callable[[], int]) -> None:
        self._debts = debts
        self._clock = clock
        self._stopped = threading.Event()
        self._under_way: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Pay what is due now, unless that is under way; called on the event loop."""
        debts, now = self._debts, self._clock()
        if debts is None or self._stopped.is_set() or not debts.due(now):
            return
        if self._under_way is None or self._under_way.done():
            loop, thread = asyncio.get_running_loop(), ThreadPoolExecutor(1, "debts")
            self._under_way = loop.run_in_executor(thread, debts.pay, now, self._stopped.is_set)
            thread.shutdown(wait=False)

    async def end(self, patience: int) -> None:
        """Let what is under way end within `patience` milliseconds; then have it stop."""
        if self._under_way is None:
            return
        await asyncio.wait({self._under_way}, timeout=patience / 1000)
        self._stopped.set()
        await asyncio.wait({self._under_way})
        self._stopped.clear()
