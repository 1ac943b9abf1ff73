"""What we rely on in httpcore and httpx, and what importing this room costs the others."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import httpcore
import httpx
import pytest

from spec_notify.transports.http import HttpTransport
from spec_notify.transports.pool import GuardedPool, ssl_context
from spec_notify.transports.receiver import Receiver

from .conftest import message, reply, sent

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable

    from spec_notify.ports import Transport


class Stream(httpcore.AsyncMockStream):
    """A canned connection that notes the name TLS asks for."""

    def __init__(self, notes: list[tuple[object, ...]], *answers: bytes) -> None:
        super().__init__([*answers])
        self.notes = notes

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.AsyncNetworkStream:
        self.notes.append(("tls", server_hostname))
        return self

    def get_extra_info(self, info: str) -> Any:
        return None


class Backend(httpcore.AsyncNetworkBackend):
    """A network backend that notes every call of the pool."""

    def __init__(self, *answers: bytes) -> None:
        self.answers = answers
        self.notes: list[tuple[object, ...]] = []

    async def connect_tcp(
        self, host: str, port: int, *_: Any, **__: Any
    ) -> httpcore.AsyncNetworkStream:
        self.notes.append(("tcp", host, port))
        return Stream(self.notes, *self.answers)


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def through(backend: Backend, *urls: str) -> list[int]:
    async def run() -> list[int]:
        pool = GuardedPool(backend, ssl_context())
        statuses = []
        for url in urls:
            response = await pool.handle_async_request(httpx.Request("POST", url, content=b"x"))
            statuses.append(response.status_code)
            async for _ in response.aiter_raw():
                pass
            await response.aclose()
        await pool.aclose()
        return statuses

    return asyncio.run(run())


@pytest.mark.parametrize(
    ("url", "calls"),
    [
        ("http://hooks.test/a", [("tcp", "hooks.test", 80)]),
        ("http://hooks.test:8080/a", [("tcp", "hooks.test", 8080)]),
        ("https://hooks.test/a", [("tcp", "hooks.test", 443), ("tls", "hooks.test")]),
        (
            "https://[2606:4700::1111]/a",
            [("tcp", "2606:4700::1111", 443), ("tls", "2606:4700::1111")],
        ),
        ("https://HOOKS.test/a", [("tcp", "hooks.test", 443), ("tls", "hooks.test")]),
    ],
)
def test_the_pool_connects_through_the_backend_alone_by_the_urls_host(
    url: str, calls: list[tuple[object, ...]]
) -> None:
    backend = Backend(NO_CONTENT)

    assert through(backend, url) == [204]
    assert backend.notes == calls


def test_a_kept_connection_serves_its_own_origin_only() -> None:
    backend = Backend(NO_CONTENT, NO_CONTENT, NO_CONTENT)
    through(backend, "http://a.test/1", "http://a.test/2", "http://b.test/1", "http://a.test:81/")

    assert backend.notes == [("tcp", "a.test", 80), ("tcp", "b.test", 80), ("tcp", "a.test", 81)]


def test_an_error_of_the_backend_comes_out_as_it_is() -> None:
    class OwnError(Exception):
        pass

    class Refusing(Backend):
        async def connect_tcp(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
            raise OwnError

    with pytest.raises(OwnError):
        through(Refusing(), "http://a.test/")


def test_the_transport_is_the_port_the_story_needs() -> None:
    wire: Callable[[], Transport] = HttpTransport
    send: Callable[..., Awaitable[object]] = wire().send

    assert callable(send)


def test_making_a_transport_costs_next_to_nothing_once_the_context_is_there() -> None:
    ssl_context()

    async def make() -> float:
        began = time.perf_counter()
        for _ in range(100):
            HttpTransport()
            GuardedPool(Backend(), ssl_context())
        return (time.perf_counter() - began) / 100

    assert asyncio.run(make()) < 0.002


def test_a_request_searches_the_import_path_for_nothing() -> None:
    class Watch:
        def __init__(self) -> None:
            self.searched: list[str] = []

        def find_spec(self, name: str, *_: object) -> None:
            self.searched.append(name)

    watch = Watch()
    with Receiver() as there:
        sent(message(there.url))
        sys.meta_path.insert(0, watch)
        try:
            sent(message(there.url), message(there.url))
        finally:
            sys.meta_path.remove(watch)

    assert watch.searched == []


def test_closing_a_transport_that_was_never_used_is_fine() -> None:
    assert sent() == []


def test_a_transport_can_be_used_again_after_closing() -> None:
    async def canned(address: str, port: int) -> httpcore.AsyncNetworkStream:
        return Stream([], NO_CONTENT)

    async def run() -> list[int]:
        transport = HttpTransport(wire=canned)
        statuses = []
        for _ in range(2):
            answer = await transport.send(
                message("http://127.0.0.1"), deadline=1_000, allow_private=True
            )
            statuses.append(reply(answer).status)
            await transport.aclose()
        return statuses

    assert asyncio.run(run()) == [204, 204]


@pytest.mark.parametrize(
    "module",
    [
        "spec_notify.transports.receiver",
        "spec_notify.targets.webhook",
        "spec_notify.targets.slack",
        "spec_notify.core.addresses",
        "spec_notify.ports",
    ],
)
def test_nothing_but_the_transport_itself_loads_httpx(module: str) -> None:
    code = (
        f"import {module}, sys; print(*sorted({{'httpx', 'httpcore', 'anyio'}} & {{*sys.modules}}))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)

    assert done.stdout.split() == []
