"""The HTTP transport: one request out, at most a little of the answer in, all within a deadline.

No redirect is followed, no cookie kept, no proxy taken from the environment, no answer unpacked.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import httpcore
import httpx
from msgspec.structs import replace

from spec_notify.core.addresses import malformed, off_limits
from spec_notify.core.message import Failure, Fault, Reply, Timing
from spec_notify.transports.attempt import PROGRESS, DialError, Progress, since
from spec_notify.transports.dialer import GuardedDialer, resolve
from spec_notify.transports.handshake import ran_out
from spec_notify.transports.pool import GuardedPool, ssl_context
from spec_notify.transports.stream import connect

if TYPE_CHECKING:
    import ssl

    from spec_notify.core.message import HttpMessage
    from spec_notify.transports.dialer import Resolver, Wire

BODY_LIMIT = 16 * 1024


class HttpTransport:
    """A guarded wire to HTTP receivers (`ports.Transport`), made to serve one send at a time.

    Dispatch gives each worker its own: pools of one are several times faster than one shared
    pool. `limit` is how many raw bytes of an answer are read.
    """

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
        wire: Wire = connect,
        limit: int = BODY_LIMIT,
    ) -> None:
        self._tls = tls
        self._resolver = resolver
        self._wire = wire
        self._limit = limit
        self._pools: dict[tuple[bool, bool], GuardedPool] = {}

    async def send(
        self, message: HttpMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Send one request and read a little of the answer, all within `deadline` ms.

        An answer counts once its headers are in, even if its body then breaks off, drips past the
        deadline or never ends. Every failure is a value, and names no more of the URL than its
        host.
        """
        request = _request(message, allow_private=allow_private)
        if isinstance(request, Failure):
            return request
        heard = _Heard()
        PROGRESS.set(heard.progress)
        pool = self._pool(allow_private=allow_private, secure=request.url.scheme == "https")
        try:
            async with asyncio.timeout(deadline / 1000):
                await heard.exchange(pool, request, self._limit)
        except (TimeoutError, DialError, httpcore.ProtocolError, httpcore.NetworkError) as error:
            if not heard.status:
                return heard.failure(error, deadline)
        return heard.reply()

    def _pool(self, *, allow_private: bool, secure: bool) -> GuardedPool:
        # A kept connection was judged under one rule and must not be reused under another.
        pool = self._pools.get((allow_private, secure))
        if pool is None:
            dialer = GuardedDialer(
                allow_private=allow_private, resolver=self._resolver, wire=self._wire
            )
            tls = (self._tls or ssl_context()) if secure else None
            pool = self._pools[allow_private, secure] = GuardedPool(dialer, tls)
        return pool

    async def aclose(self) -> None:
        """Let go of idle connections."""
        for pool in self._pools.values():
            await pool.aclose()
        self._pools.clear()


def _request(message: HttpMessage, *, allow_private: bool) -> httpx.Request | Failure:
    url = message.url.reveal()
    if why := malformed(url):
        return Failure(fault=Fault.INVALID, detail=why)
    if why := off_limits(url, allow_private=allow_private):
        return Failure(fault=Fault.REFUSED_ADDRESS, detail=why)
    for name, value in message.headers:
        if not (name + value).isascii() or not (name + value).isprintable():
            return Failure(fault=Fault.INVALID, detail="a header holds an unprintable character")
    # `identity`: a compressed answer could be a thousand times its size, and is of no use to us.
    headers = [*message.headers, ("accept-encoding", "identity")]
    try:
        return httpx.Request(message.method, url, headers=headers, content=message.body)
    except httpx.InvalidURL:
        return Failure(fault=Fault.INVALID, detail="the URL cannot be read")


class _Heard:
    """What has come back so far; it outlives the deadline that cuts the exchange."""

    def __init__(self) -> None:
        self.progress = Progress()
        self.status = 0
        self._headers: list[tuple[bytes, bytes]] = []
        self._body = bytearray()
        self._until_headers: float | None = None
        self._tls: str | None = None

    async def exchange(self, pool: GuardedPool, request: httpx.Request, limit: int) -> None:
        response = await pool.handle_async_request(request)
        try:
            self._until_headers = since(self.progress.started)
            self._note_stream(response.extensions["network_stream"])
            self._headers = response.headers.raw
            self.status = response.status_code
            self.progress.phase = "reading the answer"
            await self._read(response, limit)
            del self._body[limit:]
        finally:
            await response.aclose()

    async def _read(self, response: httpx.Response, limit: int) -> None:
        async for part in response.aiter_raw():
            self._body += part
            if len(self._body) >= limit:
                return

    def _note_stream(self, stream: httpcore.AsyncNetworkStream) -> None:
        peer = stream.get_extra_info("server_addr")
        self.progress.address = str(peer[0]) if peer else self.progress.address
        session = stream.get_extra_info("ssl_object")
        self._tls = session.version() if session else None

    def reply(self) -> Reply:
        return Reply(
            status=self.status,
            headers=tuple((n.decode("latin-1"), v.decode("latin-1")) for n, v in self._headers),
            body=bytes(self._body),
            address=self.progress.address,
            timing=self._timing(),
            tls=self._tls,
        )

    def failure(self, error: Exception, deadline: int) -> Failure:
        failure = _explain(error, self.progress.phase, deadline)
        return replace(failure, address=self.progress.address, timing=self._timing())

    def _timing(self) -> Timing:
        progress = self.progress
        response = None
        if self._until_headers is not None:
            before = (progress.dns or 0) + (progress.connect or 0) + (progress.tls or 0)
            response = self._until_headers - before
        return Timing(
            dns=progress.dns,
            connect=progress.connect,
            tls=progress.tls,
            response=response,
            total=since(progress.started),
        )


def _explain(error: Exception, phase: str, deadline: int) -> Failure:
    # The libraries' own words may quote the receiver, and through it what we sent: never used.
    match error:
        case DialError():
            return Failure(fault=error.fault, detail=error.detail, flaw=error.flaw)
        case TimeoutError():
            return ran_out(phase, deadline)
        case httpcore.LocalProtocolError():
            return _said(Fault.INVALID, "the request cannot be written as HTTP: check its headers")
        case httpcore.RemoteProtocolError() if "disconnected" not in str(error):
            return _said(Fault.PROTOCOL, "the receiver's answer is not HTTP")
        case _:
            return _said(Fault.PROTOCOL, "the connection closed before an answer")


def _said(fault: Fault, detail: str) -> Failure:
    return Failure(fault=fault, detail=detail)
