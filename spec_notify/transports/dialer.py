"""The guarded dial: a name is resolved once, every address judged, and a vetted one connected.

Built on httpcore's public network backend: the address that was judged is the address that is
connected, and nothing in between may look the name up again.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING

import httpcore

from spec_notify.core.addresses import judge_address
from spec_notify.core.message import Fault, Flaw
from spec_notify.transports.attempt import DIALLING, LOOKUP, PROGRESS, DialError, since

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    Resolver = Callable[[str, int], Awaitable[Sequence[str]]]
    Wire = Callable[[str, int], Awaitable[httpcore.AsyncNetworkStream]]

_PATIENCE = 2.0
"""Seconds for an address that has others behind it; the last one has the rest of the deadline."""

_NAMELESS = {socket.EAI_NONAME, socket.EAI_NODATA}
"""What a resolver answers for a name that has no address (getaddrinfo(3))."""


class GuardedDialer(httpcore.AsyncNetworkBackend):
    """A network backend that connects only to addresses the table allows."""

    def __init__(self, *, allow_private: bool, resolver: Resolver, wire: Wire) -> None:
        self._allow_private = allow_private
        self._resolve = resolver
        self._wire = wire

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ARG002 - the caller holds one total deadline
        local_address: str | None = None,  # noqa: ARG002 - never bound
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002 - none set
    ) -> httpcore.AsyncNetworkStream:
        """Connect to a vetted address of a host. Raises DialError."""
        progress = PROGRESS.get()
        progress.phase = LOOKUP
        asked = time.monotonic()
        addresses = await self._vetted(host, port)
        progress.dns = since(asked)
        progress.phase = DIALLING
        asked = time.monotonic()
        stream = await self._first_of(addresses, port)
        progress.connect = since(asked)
        progress.phase = "waiting for an answer"
        return stream

    async def _vetted(self, host: str, port: int) -> list[str]:
        try:
            found = list(dict.fromkeys(await self._resolve(host, port)))
        except UnicodeError:
            raise DialError(Fault.INVALID, "the URL's host is no host name") from None
        except OSError as error:
            why = error.strerror or type(error).__name__
            # A name that does not exist, or a resolver that did not say.
            known = getattr(error, "errno", None) not in _NAMELESS
            flaw = Flaw.RESOLVER if known else Flaw.UNKNOWN_HOST
            raise DialError(Fault.DNS, f"{host} was not found: {why}", flaw) from None
        judged = {ip: judge_address(ip, allow_private=self._allow_private) for ip in found}
        vetted = [ip for ip, refusal in judged.items() if refusal is None]
        if vetted:
            return vetted
        if refusal := next(iter(judged.values()), None):
            raise DialError(Fault.REFUSED_ADDRESS, f"{host}: {refusal}")
        raise DialError(Fault.DNS, f"{host} has no address", Flaw.UNKNOWN_HOST)

    async def _first_of(self, addresses: Sequence[str], port: int) -> httpcore.AsyncNetworkStream:
        why = ""
        for address in addresses:
            PROGRESS.get().address = address
            try:
                async with asyncio.timeout(None if address == addresses[-1] else _PATIENCE):
                    return await self._wire(address, port)
            except OSError as error:
                why = _why(error)
        raise DialError(Fault.CONNECT, f"{addresses[-1]} port {port}: {why}")


def _why(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return "nobody answers there"
    return "connection refused" if isinstance(error, ConnectionRefusedError) else "unreachable"


async def resolve(host: str, port: int) -> list[str]:
    """Answer a name's addresses in the system's order. Raises OSError or UnicodeError.

    Each lookup has a thread of its own that nobody waits for: a dead name server can neither
    fill a pool that others need nor hold up the end of the process.
    """
    with suppress(ValueError):
        return [str(ip_address(host))]
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: Exception | None) -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(addresses)

    def look() -> None:
        found: list[str] = []
        failed: Exception | None = None
        try:
            known = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            found = [str(address[0]) for *_, address in known]
        except (OSError, UnicodeError) as error:
            failed = error
        with suppress(RuntimeError):  # the loop is gone, and with it whoever asked
            loop.call_soon_threadsafe(tell, found, failed)

    threading.Thread(target=look, name="lookup", daemon=True).start()
    return await answer
