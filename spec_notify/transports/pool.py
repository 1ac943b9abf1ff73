"""httpx's transport interface over httpcore's public pool, with our own dialer underneath.

httpx's client layer is left out on purpose: it keeps receivers' cookies, parses `Location` even
when it does not follow it, reads proxies from the environment, and logs whole URLs.
"""

from __future__ import annotations

import logging
import ssl
import sys
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

import certifi
import httpcore
import httpx

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

_IDLE_SECONDS = 4.0
"""How long an idle connection is kept: shorter than the usual server keeps it, to be first."""
_IDLE_KEPT = 4
"""Idle connections kept per transport, so that one worker may alternate between receivers."""

for _name in ("httpx", "httpcore"):
    # Both write URLs, headers or hosts to their logs; a URL can be a secret.
    _logger = logging.getLogger(_name)
    _logger.setLevel(logging.CRITICAL + 1)
    _logger.propagate = False


if find_spec("sniffio") is None:
    # httpcore tries to import it several times per request; only a `None` here is remembered,
    # and the search it saves is a third of what a request costs.
    sys.modules["sniffio"] = None  # type: ignore[assignment]


@cache
def ssl_context(ca_file: str | None = None) -> ssl.SSLContext:
    """Answer the shared client context: TLS 1.2 or later, host and chain checked, no way around.

    Trusts certifi's authorities, or only those in `ca_file` (PEM). Built directly: the usual
    factory obeys SSLKEYLOGFILE, and the system's store SSL_CERT_FILE.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_verify_locations(cafile=ca_file or certifi.where())
    return context


class GuardedPool(httpx.AsyncBaseTransport):
    """An httpx transport that dials through a guarded dialer; its errors are httpcore's."""

    def __init__(self, dialer: httpcore.AsyncNetworkBackend, tls: ssl.SSLContext | None) -> None:
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=tls,
            max_connections=_IDLE_KEPT,
            keepalive_expiry=_IDLE_SECONDS,
            network_backend=dialer,
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request; the answer's body is raw and still on the wire."""
        url = request.url
        answer = await self._pool.handle_async_request(
            httpcore.Request(
                request.method,
                httpcore.URL(
                    scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
                ),
                headers=request.headers.raw,
                content=request.stream,
            )
        )
        return httpx.Response(
            answer.status,
            headers=answer.headers,
            stream=_Body(answer),
            extensions=answer.extensions,
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx.AsyncByteStream):
    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for part in self._answer.aiter_stream():
            yield part

    async def aclose(self) -> None:
        await self._answer.aclose()
