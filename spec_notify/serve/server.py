"""The server: one socket, one loop, and an end that comes at once."""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import uvicorn

from .files import Files
from .guard import Guard
from .hub import Hub
from .routes import HEALTH, Facts, Routes

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator

    from .hosts import Hosts
    from .window import Window

MOST_CONNECTIONS = 512
_GRACE = 2
"""Seconds an answer under way gets at the end."""


class _Server(uvicorn.Server):
    """uvicorn without its own signals: ours end the streams too, with the contract's exit code."""

    def __init__(self, app: Guard, hub: Hub) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http="h11",
                ws="none",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                limit_concurrency=MOST_CONNECTIONS,
                timeout_graceful_shutdown=_GRACE,
            )
        )
        self._hub = hub
        self.stopped_by = signal.SIGTERM

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    def stop(self, by: signal.Signals) -> None:
        """Let answers under way end; the second signal means now."""
        self.stopped_by = by
        self.force_exit = self.should_exit
        self.should_exit = True
        self._hub.stop()


async def serve(
    listening: socket.socket,
    window: Window,
    facts: Facts,
    *,
    hosts: Hosts,
    token: bytes | None,
    ready: Callable[[], None],
) -> int:
    """Serve on a listening socket until a signal comes; answer the exit code."""
    hub, files = Hub(window), Files()
    routes = Routes(window, hub, files, facts).app()
    app = Guard(routes, hosts=hosts, token=token, open={*files.paths, HEALTH})
    server = _Server(app, hub)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, server.stop, each)
    looking = asyncio.create_task(hub.run())
    # A stream that nobody feeds would look like one on which nothing happens.
    looking.add_done_callback(lambda _: setattr(server, "should_exit", True))
    ready()
    try:
        await server.serve(sockets=[listening])
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        window.close()
    return 130 if server.stopped_by is signal.SIGINT else 0
