"""Work that may block, on a thread nobody has to wait for."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


async def aside(work: Callable[[], T], *, name: str) -> T:
    """Answer what the work answers, or raise what it raises; cancelled, it runs on unheard.

    The thread is a daemon of its own: a hung disk or library can neither fill a pool that others
    need nor hold up the end of the process.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[T] = loop.create_future()

    def tell(found: list[T], error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(found[0])

    def run() -> None:
        found: list[T] = []
        failed: Exception | None = None
        try:
            found.append(work())
        except Exception as error:  # noqa: BLE001 - carried to whoever asked
            failed = error
        with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            loop.call_soon_threadsafe(tell, found, failed)

    threading.Thread(target=run, name=name, daemon=True).start()
    return await answer
