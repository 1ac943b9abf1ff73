"""A small receiver on the loopback: keeps what arrives, answers by script, can misbehave.

`spec-notify listen`, the demo and the tests receive with it. It runs on a thread of its own.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import deque
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, Self

import msgspec

from spec_notify.transports.http1 import HEAD_LIMIT, receive, send

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator, Callable

    Answers = Callable[["Request"], "Answer"]
    Verify = Callable[["Request"], str | None]


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request exactly as it came: header names keep their case, the body its bytes."""

    method: str
    path: str
    """The request target, query included."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    number: int
    """Counts from 1, in order of arrival."""
    arrived: float
    """Seconds on the monotonic clock."""
    complaint: str | None = None
    """Why `verify` did not accept it; None if it did, or was not asked."""

    def header(self, name: str) -> str | None:
        """Answer the first value of a header, by its lower-case name."""
        return next((value for known, value in self.headers if known.lower() == name), None)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What to answer, and how badly; times are milliseconds."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    delay: int = 0
    """Before the first byte."""
    raw: bytes | None = None
    """Sent in the place of status line, headers and body; the connection then closes."""
    repeat: int = 1
    """Body or `raw` is sent so many times; it is counted in Content-Length, not held in memory."""
    drip: int = 0
    """Between single bytes of the body or `raw`."""
    hold: int = 0
    """After the last byte, before anything else happens on the connection."""
    reset: bool = False
    """Break the connection after what was sent, instead of ending the answer."""


def accept(_: Request) -> Answer:
    """Answer 200 to everything."""
    return Answer(body=b"ok")


def failing(
    times: int, *, status: int = 503, retry_after: str | None = None, then: Answers = accept
) -> Answers:
    """Script that fails the first requests, then answers by another script."""
    headers = (("Retry-After", retry_after),) if retry_after is not None else ()
    failure = Answer(status=status, headers=headers)
    return lambda request: failure if request.number <= times else then(request)


class Receiver:
    """An HTTP/1.1 receiver on 127.0.0.1; use it in a `with` block, or start and stop it.

    `answers` is called on the receiver's own thread and must not wait: that is what
    `Answer.delay` is for. What `verify` complains about is answered 401 without asking `answers`.
    With `keep`, only the latest requests are kept.
    """

    def __init__(
        self,
        answers: Answers = accept,
        *,
        port: int = 0,
        verify: Verify | None = None,
        tls: ssl.SSLContext | None = None,
        keep: int | None = None,
    ) -> None:
        self._answers = answers
        self._asked_port = port
        self._verify = verify
        self._tls = tls
        self._kept: deque[Request] = deque(maxlen=keep)
        self._changed = threading.Condition()
        self._count = 0
        self._connections = 0
        self._talks: set[asyncio.Task[None]] = set()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """The address to send to, without a path."""
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"

    @property
    def requests(self) -> list[Request]:
        """What arrived so far, in order."""
        with self._changed:
            return list(self._kept)

    @property
    def connections(self) -> int:
        """How many connections were accepted so far."""
        return self._connections

    def wait_for(self, count: int, *, timeout: float) -> bool:
        """Say whether so many requests have arrived, waiting up to `timeout` seconds for them."""
        with self._changed:
            return self._changed.wait_for(lambda: self._count >= count, timeout)

    def start(self) -> Self:
        """Listen. Raises OSError when the port is taken."""
        listening = socket.create_server(("127.0.0.1", self._asked_port), backlog=256)
        self.port: int = listening.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(
            target=self._run, args=(listening,), name="receiver", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and the port; what arrived can still be read."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, listening: socket.socket) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve(listening))

    async def _serve(self, door: socket.socket) -> None:
        # No asyncio server: on Python 3.11 it drops a connection accepted just before it closes.
        door.settimeout(0)
        self._loop.add_reader(door, self._greet, door)
        await self._stopping.wait()
        self._loop.remove_reader(door)
        door.close()
        for talk in self._talks:
            talk.cancel()
        await asyncio.gather(*self._talks, return_exceptions=True)

    def _greet(self, door: socket.socket) -> None:
        with suppress(OSError):  # whoever knocked may have left
            line, _ = door.accept()
            self._connections += 1
            talk = self._loop.create_task(self._talk(line))
            self._talks.add(talk)
            talk.add_done_callback(self._talks.discard)
            talk.add_done_callback(lambda _: line.close())

    async def _talk(self, line: socket.socket) -> None:
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError):
            # A peer that breaks off or speaks no HTTP has no answer coming.
            async with _opened(line, self._tls) as (reader, writer):
                while (heard := await receive(reader, writer)) is not None:
                    method, path, headers, body = heard
                    request = self._keep(method=method, path=path, headers=headers, body=body)
                    if not await send(writer, self._decide(request)):
                        break

    def _keep(
        self, *, method: str, path: str, headers: tuple[tuple[str, str], ...], body: bytes
    ) -> Request:
        request = Request(
            method=method,
            path=path,
            headers=headers,
            body=body,
            number=self._count + 1,
            arrived=time.monotonic(),
        )
        if self._verify is not None:
            request = msgspec.structs.replace(request, complaint=self._verify(request))
        with self._changed:
            self._kept.append(request)
            self._count += 1
            self._changed.notify_all()
        return request

    def _decide(self, request: Request) -> Answer:
        if request.complaint is not None:
            return Answer(status=401, body=request.complaint.encode())
        return self._answers(request)


@asynccontextmanager
async def _opened(
    line: socket.socket, tls: ssl.SSLContext | None
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    line.settimeout(0)
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=HEAD_LIMIT)
    protocol = asyncio.StreamReaderProtocol(reader)
    raw, _ = await loop.connect_accepted_socket(lambda: protocol, line)
    top: asyncio.Transport | None = raw
    try:
        if tls is not None:
            top = await loop.start_tls(raw, protocol, tls, server_side=True)
        if top is not None:
            yield reader, asyncio.StreamWriter(top, protocol, reader, loop)
    finally:
        for each in (top, raw):
            if each is not None:
                each.abort()
