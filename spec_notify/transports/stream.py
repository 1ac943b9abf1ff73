"""A connected socket as httpcore reads and writes it, plain or under TLS.

It keeps no deadline of its own: the caller holds one over the whole attempt.
"""

from __future__ import annotations

import asyncio
import time
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import httpcore

from spec_notify.transports.attempt import HANDSHAKE, PROGRESS, since
from spec_notify.transports.handshake import handshake_failed, spoke_early

if TYPE_CHECKING:
    import ssl

_FULL = 65_536
"""Bytes waiting to be read at which the socket is left alone."""
_MOUTHFUL = 16_384
"""Bytes handed on before others get a turn: parsing a flood must not hold up the event loop."""


async def connect(address: str, port: int) -> httpcore.AsyncNetworkStream:
    """Connect to an IP address as it stands; nothing is looked up. Raises OSError, ValueError."""
    loop = asyncio.get_running_loop()
    transport, inbox = await loop.create_connection(_Inbox, str(ip_address(address)), port)
    return TcpStream(transport, inbox)


class TcpStream(httpcore.AsyncNetworkStream):
    """A connected socket as httpcore reads and writes it."""

    def __init__(self, transport: asyncio.Transport, inbox: _Inbox) -> None:
        self._transport = transport
        self._inbox = inbox
        inbox.transport = transport

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ARG002 - httpcore's signature; the deadline is total
        """Answer up to `max_bytes` as they come; none at the end. Raises httpcore.ReadError."""
        return await self._inbox.take(max_bytes)

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ARG002 - httpcore's signature; the deadline is total
        """Hand bytes to the socket. Raises httpcore.WriteError when the other side is gone."""
        if self._transport.is_closing():
            raise httpcore.WriteError("the connection broke")
        self._transport.write(buffer)

    async def aclose(self) -> None:
        """Close at once, without waiting for a peer that may never read."""
        self._transport.abort()
        await asyncio.sleep(0)

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ARG002 - the caller holds one total deadline
    ) -> httpcore.AsyncNetworkStream:
        """Speak TLS from here on. Raises DialError."""
        progress = PROGRESS.get()
        progress.phase = HANDSHAKE
        began = time.monotonic()
        upgraded = await self._upgrade(ssl_context, server_hostname)
        progress.tls = since(began)
        progress.phase = "waiting for an answer"
        return TcpStream(upgraded, self._inbox)

    async def _upgrade(self, context: ssl.SSLContext, host: str | None) -> asyncio.Transport:
        loop = asyncio.get_running_loop()
        # Read in clear text and believed after the handshake, early bytes could forge an answer.
        early = bool(self._inbox.waiting)
        upgraded = None
        try:
            if not early:
                upgraded = await loop.start_tls(
                    self._transport, self._inbox, context, server_hostname=host
                )
        except OSError as error:
            raise handshake_failed(error) from None
        finally:
            if upgraded is None:
                self._transport.abort()
        if upgraded is None:
            raise spoke_early() if early else handshake_failed(ConnectionResetError())
        return upgraded

    def get_extra_info(self, info: str) -> Any:
        """Answer what httpcore asks of a stream; None for what it does not have."""
        match info:
            case "is_readable":
                return bool(self._inbox.waiting) or self._inbox.over
            case "ssl_object":
                return self._transport.get_extra_info("ssl_object")
            case "server_addr":
                return self._transport.get_extra_info("peername")
        return None


class _Inbox(asyncio.Protocol):
    """Bytes that came in and wait to be read; when it is full, the sender has to wait."""

    def __init__(self) -> None:
        self.waiting = bytearray()
        self.over = False
        self.broken = False
        self.transport: asyncio.Transport | None = None
        self._reader: asyncio.Future[None] | None = None

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        if len(self.waiting) > _FULL and self.transport is not None:
            self.transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self.over = True
        self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        self.over = True
        self.broken = exc is not None
        self._wake()

    def _wake(self) -> None:
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    async def take(self, most: int) -> bytes:
        """Answer bytes as they come, none at the end. Raises ReadError when the line broke."""
        if self.waiting or self.over:
            await asyncio.sleep(0)
        else:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        most = min(most, _MOUTHFUL)
        taken = bytes(self.waiting[:most])
        del self.waiting[:most]
        if not taken and self.broken:
            raise httpcore.ReadError("the connection broke")
        if self.transport is not None and len(self.waiting) <= _FULL:
            self.transport.resume_reading()
        return taken
