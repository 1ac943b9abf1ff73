"""Whatever bytes a receiver answers with, they become a reply or a failure, and never an error."""

from __future__ import annotations

import asyncio
from typing import Any

import httpcore
from hypothesis import example, given
from hypothesis import strategies as st

from spec_notify.core.message import Failure, Fault, Reply
from spec_notify.transports.http import BODY_LIMIT, HttpTransport

from .conftest import failure, message


class Said(httpcore.AsyncMockStream):
    """A connection on which the receiver says these chunks, then hangs up."""

    def get_extra_info(self, info: str) -> Any:
        return None


def heard(chunks: list[bytes]) -> Reply | Failure:
    async def wire(address: str, port: int) -> httpcore.AsyncNetworkStream:
        return Said([chunk for chunk in chunks if chunk])

    async def run() -> Reply | Failure:
        transport = HttpTransport(wire=wire)
        try:
            return await transport.send(
                message("http://127.0.0.1"), deadline=5_000, allow_private=True
            )
        finally:
            await transport.aclose()

    return asyncio.run(run())


status_lines = st.builds(
    b"HTTP/1.%d %d %s\r\n".__mod__,
    st.tuples(st.integers(0, 2), st.integers(0, 1200), st.binary(max_size=8)),
)
headers = st.lists(
    st.sampled_from(
        [
            b"content-length: 3\r\n",
            b"content-length: -1\r\n",
            b"content-length: 99999999999999999999\r\n",
            b"transfer-encoding: chunked\r\n",
            b"transfer-encoding: gzip\r\n",
            b"connection: close\r\n",
            b"connection: upgrade\r\nupgrade: websocket\r\n",
            b"location: http://[\r\n",
            b"set-cookie: a=\xff\r\n",
            b": empty\r\n",
            b" folded\r\n",
            b"x\x00: y\r\n",
            b"x: y\n",
        ]
    )
    | st.binary(max_size=12),
    max_size=5,
).map(b"".join)
bodies = st.sampled_from([b"", b"abc", b"3\r\nabc\r\n0\r\n\r\n", b"zz\r\n"]) | st.binary(
    max_size=40
)
answers = st.builds(lambda *parts: b"".join(parts), status_lines, headers, st.just(b"\r\n"), bodies)


@given(st.lists(answers | st.binary(max_size=60), max_size=4))
@example([b"HTTP/1.1 101 Switching Protocols\r\n\r\n", b"frames"])
@example([b"HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n"])
@example([b"HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nabcde"])
@example([b"HTTP/1.1 304 Not Modified\r\n\r\n"])
@example([b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", b"HTTP/1.1 500 No\r\n\r\n"])
def test_any_bytes_become_a_reply_or_a_failure(chunks: list[bytes]) -> None:
    came = heard(chunks)

    if isinstance(came, Reply):
        assert 101 <= came.status <= 999
        assert len(came.body) <= BODY_LIMIT
        assert all(name.isascii() for name, _ in came.headers)
    else:
        assert failure(came).fault is Fault.PROTOCOL
