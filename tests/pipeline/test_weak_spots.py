"""Ten weak spots of well-known senders, and what we do instead; one test each, in their order."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.delivery import State
from spec_notify.core.message import Failure, HttpMessage, Reply, Secret
from spec_notify.core.retry import RETRY_AFTER_CAP
from spec_notify.pipeline.dispatch import Limits
from spec_notify.ports import Query
from spec_notify.spool.memory import MemorySpool
from spec_notify.transports.http import HttpTransport
from tests.pipeline.bench import Bench, replies
from tests.spool.given import NOW

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.core.delivery import Claim, Step

LIMIT = 16_384


@pytest.fixture
def bench() -> Bench:
    return Bench()


def answers(status: int, **headers: str) -> Any:
    async def say() -> Reply:
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return Reply(status=status, headers=named)

    return say


@pytest.mark.parametrize(
    ("asked", "waited"),
    [
        ("7", 7_000),
        ("3600", RETRY_AFTER_CAP),
        ("86400", RETRY_AFTER_CAP),
        ("99999999999999999999", RETRY_AFTER_CAP),
        ("Fri, 31 Dec 9999 23:59:59 GMT", RETRY_AFTER_CAP),
        ("soon", 1_000),
        ("-7", 1_000),
    ],
)
def test_1_retry_after_is_never_undercut_and_a_cap_is_said(
    bench: Bench, asked: str, waited: int
) -> None:
    bench.subscribe("busy", answers(503, retry_after=asked))
    bench.queue("busy")
    bench.drain()
    delivery = bench.only("busy")
    assert delivery.next_at - NOW == waited
    capped = waited == RETRY_AFTER_CAP and asked != "3600"
    assert ("capped at 1h" in json.dumps(bench.files.records[0])) is capped
    bench.step = waited - 1
    bench.drain()
    assert bench.received("busy") == 1


class Server:
    """A receiver on a socket that answers every request with the same bytes, as it pleases."""

    def __init__(self, answer: Callable[[asyncio.StreamWriter], Any]) -> None:
        self.answer = answer
        self.requests: list[bytes] = []

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests.append(head)
            await self.answer(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def asked_of(server: Server, *, deadline: int = 5_000) -> Reply | Failure:
    listening = await asyncio.start_server(server, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    transport = HttpTransport()
    try:
        message = HttpMessage(url=Secret(f"http://127.0.0.1:{port}/hook"), body=b"{}")
        return await transport.send(message, deadline=deadline, allow_private=True)
    finally:
        await transport.aclose()
        listening.close()
        await listening.wait_closed()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_2_a_redirect_is_a_failure_and_is_not_followed(bench: Bench, status: int) -> None:
    async def away(writer: asyncio.StreamWriter) -> None:
        location = "Location: http://elsewhere.example/taken?token=canary"
        writer.write(f"HTTP/1.1 {status} Go\r\n{location}\r\nContent-Length: 0\r\n\r\n".encode())
        await writer.drain()

    server = Server(away)
    reply = asyncio.run(asked_of(server))
    assert isinstance(reply, Reply)
    assert (reply.status, len(server.requests)) == (status, 1)

    async def say() -> Reply:
        return reply

    bench.subscribe("moved", say)
    bench.queue("moved")
    bench.drain()
    assert bench.only("moved").state is State.PENDING
    written = json.dumps(bench.files.records)
    assert "elsewhere.example" in written
    assert "canary" not in written


def test_3_a_body_that_drips_ends_with_the_deadline() -> None:
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while True:
            writer.write(b".")
            await writer.drain()
            await asyncio.sleep(0.02)

    answer = asyncio.run(asked_of(Server(drip), deadline=300))
    # A 2xx that arrived stands, whatever its body does; what matters is that we came back.
    total = answer.timing.total
    assert 0 < total < 5_000


def test_4_each_request_on_the_wire_is_an_attempt_on_record(bench: Bench) -> None:
    bench.subscribe("ill", replies(500))
    bench.queue("ill")
    for bench.step in (0, 1_000, 3_000, 60_000):
        bench.drain()
    assert bench.received("ill") == 3
    assert [record["attempt"] for record in bench.files.records] == [1, 2, 3]


def test_5_the_bytes_that_are_signed_are_the_bytes_that_are_sent(bench: Bench) -> None:
    bench.subscribe("one", replies(500))
    (queued,) = bench.queue("one")
    for bench.step in (0, 1_000, 3_000):
        bench.drain()
    event = bench.spool.event(queued.event)
    assert event is not None
    key = b"only for the tests of the bench!"
    for _, message in bench.sent:
        headers = dict(message.headers)
        assert message.body == event.body
        stamp = headers["webhook-timestamp"]
        signed = f"{event.id}.{stamp}.".encode() + message.body
        digest = base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{digest}"


@pytest.mark.parametrize("why", ["disabled", "secret_missing", "invalid_url"])
def test_6_events_of_what_cannot_be_served_are_parked_and_come_back(bench: Bench, why: str) -> None:
    bench.subscribe("off", replies(204), unready=why)
    bench.queue("off", 3)
    bench.drain()
    assert [each.reason for each in bench.of("off", State.PARKED)] == [why] * 3
    assert bench.spool.counts()[State.PARKED] == 3
    bench.subscribe("off", replies(204))
    bench.drain()
    assert len(bench.of("off", State.DELIVERED)) == 3


def test_7_an_answer_is_capped_before_anybody_stores_it() -> None:
    async def flood(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 500 Oh\r\nContent-Length: 50000000\r\n\r\n")
        for _ in range(50):
            writer.write(b"x" * 1_000_000)
            await writer.drain()

    reply = asyncio.run(asked_of(Server(flood)))
    assert isinstance(reply, Reply)
    assert (reply.status, len(reply.body)) == (500, LIMIT)


def test_8_a_second_replay_sends_again_under_the_same_id(bench: Bench) -> None:
    bench.subscribe("one", replies(204))
    (queued,) = bench.queue("one")
    bench.drain()
    for _ in range(2):
        bench.spool.replay([queued.id], by="me", now=bench.clock())
        bench.drain()
    ids = [dict(message.headers)["webhook-id"] for _, message in bench.sent]
    assert ids == [queued.event] * 3
    assert [record["attempt"] for record in bench.files.records] == [1, 2, 3]


def test_9_a_gone_endpoint_parks_whether_or_not_anybody_hears_of_it(bench: Bench) -> None:
    """Nobody subscribed to our health, and no evidence can be written either."""
    bench.files.write = lambda _: None  # type: ignore[method-assign]
    bench.subscribe("gone", replies(410))
    bench.queue("gone")
    bench.drain()
    bench.queue("gone", 2)
    bench.drain()
    assert [each.reason for each in bench.of("gone", State.PARKED)][1:] == ["gone", "gone"]
    assert bench.received("gone") == 1
    assert bench.spool.gone() == {"mark of gone"}


class Slow(MemorySpool):
    """A spool whose settling takes long; a retry must not overtake it."""

    settling = 0

    def settle(self, claim: Claim, step: Step, record: Any, **facts: Any) -> Any:
        self.settling += 1
        try:
            assert self.find_standing(claim) is State.IN_FLIGHT
            return super().settle(claim, step, record, **facts)
        finally:
            self.settling -= 1

    def find_standing(self, claim: Claim) -> State:
        (found,) = self.find(Query(ids=(claim.delivery.id,)))
        return found.state


def test_10_an_attempt_stands_in_the_spool_before_its_first_byte_and_its_retry() -> None:
    spool = Slow()
    bench = Bench(spool)
    bench.limits = Limits(concurrency=16, retention=86_400_000)
    seen: list[tuple[State, int, int]] = []

    async def say() -> Reply:
        only = bench.only("one")
        seen.append((only.state, only.attempts, spool.settling))
        return Reply(status=500)

    bench.subscribe("one", say)
    bench.queue("one")
    for bench.step in (0, 1_000, 3_000):
        bench.drain()
    assert seen == [(State.IN_FLIGHT, number, 0) for number in (1, 2, 3)]
