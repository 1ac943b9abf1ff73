"""The HTTP transport over real sockets: what counts as an answer, and how every fault is told."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import socket
import threading
import time

import pytest

from spec_notify.core.message import Failure, Fault, HttpMessage, Reply, Secret
from spec_notify.transports.dialer import resolve
from spec_notify.transports.http import BODY_LIMIT, HttpTransport
from spec_notify.transports.receiver import Answer, Receiver, Request, failing

from .conftest import PATH, failure, free_port, message, reply, sent

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


def test_a_request_arrives_byte_for_byte_and_its_answer_comes_back() -> None:
    body = bytes(range(256)) * 40
    with Receiver(
        lambda _: Answer(status=202, headers=(("X-Note", "seen"),), body=b"yes")
    ) as there:
        [answer] = sent(message(there.url, body=body))

        [request] = there.requests
        assert (request.method, request.path, request.body) == ("POST", PATH, body)
        assert dict(request.headers) == {
            "Host": f"127.0.0.1:{there.port}",
            "Content-Length": str(len(body)),
            "content-type": "application/json",
            "user-agent": "spec-notify/0.1.0",
            "accept-encoding": "identity",
        }
    came = reply(answer)
    assert (came.status, came.body, came.header("x-note")) == (202, b"yes", "seen")
    assert (came.address, came.tls) == ("127.0.0.1", None)


def test_the_phases_of_an_attempt_are_timed() -> None:
    with Receiver(lambda _: Answer(delay=60)) as there:
        first, second = sent(message(there.url), message(there.url))

    fresh, reused = reply(first).timing, reply(second).timing
    assert fresh.dns is not None
    assert fresh.connect is not None
    assert fresh.tls is None
    assert fresh.response is not None
    assert 50 <= fresh.response <= fresh.total
    assert fresh.dns + fresh.connect + fresh.response <= fresh.total
    assert (reused.dns, reused.connect) == (None, None)


def test_an_idle_connection_is_used_again_but_not_under_another_rule() -> None:
    with Receiver() as there:
        [*_, refused] = _three_rules(there.url)

        assert there.connections == 1
        assert len(there.requests) == 2
    assert failure(refused).fault is Fault.REFUSED_ADDRESS


def _three_rules(url: str) -> list[Reply | Failure]:
    async def run() -> list[Reply | Failure]:
        transport = HttpTransport()
        try:
            return [
                await transport.send(message(url), deadline=5_000, allow_private=allowed)
                for allowed in (True, True, False)
            ]
        finally:
            await transport.aclose()

    return asyncio.run(run())


def test_one_transport_alternates_between_receivers_without_dialling_anew() -> None:
    with Receiver() as one, Receiver() as other:
        sent(*[message(each.url) for each in (one, other) * 3])

        assert (one.connections, other.connections) == (1, 1)


def test_a_connection_the_receiver_closed_costs_at_most_the_attempt_that_finds_out() -> None:
    with Receiver(lambda _: Answer(raw=OK)) as there:
        answers = sent(*[message(there.url)] * 8)

        arrived = len(there.requests)
    heard = [isinstance(each, Reply) for each in answers]
    assert heard[0]
    assert all(one or other for one, other in itertools.pairwise(heard))
    assert arrived == sum(heard), "nothing is sent twice behind the caller's back"


@pytest.mark.parametrize("status", [200, 204, 302, 404, 410, 429, 500, 503, 599, 999])
def test_any_status_is_an_answer(status: int) -> None:
    with Receiver(lambda _: Answer(status=status)) as there:
        [answer] = sent(message(there.url))

    assert reply(answer).status == status


def test_a_receiver_that_fails_twice_and_recovers_is_seen_doing_so() -> None:
    with Receiver(failing(2, status=503, retry_after="7")) as there:
        answers = [reply(each) for each in sent(*[message(there.url)] * 3)]

    assert [each.status for each in answers] == [503, 503, 200]
    assert [each.header("retry-after") for each in answers] == ["7", "7", None]


@pytest.mark.parametrize(
    ("raw", "status", "body"),
    [
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc", 200, b"abc"),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n", 200, b""),
        (b"HTTP/1.1 503 No\r\ncontent-length: 10\r\n\r\nabc", 503, b"abc"),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz", 200, b"abc"),
        (b"HTTP/1.0 200 OK\r\n\r\nabc", 200, b"abc"),
    ],
)
def test_headers_followed_by_a_reset_are_an_answer(raw: bytes, status: int, body: bytes) -> None:
    with Receiver(lambda _: Answer(raw=raw, reset=True)) as there:
        [answer] = sent(message(there.url))

    # What the kernel had not yet handed over is lost with the reset; the status never is.
    assert reply(answer).status == status
    assert body.startswith(reply(answer).body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n",
    ],
)
@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_breaks_before_the_headers_end_is_no_answer(
    raw: bytes, *, reset: bool
) -> None:
    with Receiver(lambda _: Answer(raw=raw, reset=reset)) as there:
        [answer] = sent(message(there.url))

    assert failure(answer).fault is Fault.PROTOCOL
    assert "closed before an answer" in failure(answer).detail


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH_9.9\r\n\r\n",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 000 Zero\r\n\r\n",
        b"HTTP/9 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
        b"\x00" * 1000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 50_000 + b"\r\n",
        b'{"token":"' + PATH.encode() + b'"}\r\n\r\n',
    ],
    ids=lambda raw: repr(raw[:24]),
)
def test_what_is_not_http_is_a_failure_that_quotes_nothing(raw: bytes) -> None:
    with Receiver(lambda _: Answer(raw=raw)) as there:
        [answer] = sent(message(there.url))

    assert failure(answer).fault is Fault.PROTOCOL
    assert failure(answer).detail == "the receiver's answer is not HTTP"
    assert failure(answer).address == "127.0.0.1"


DEADLINE = 300
FOREVER = 60_000


@pytest.mark.parametrize(
    "answer",
    [
        Answer(delay=FOREVER),
        Answer(raw=b"HTTP/1.1 200 OK\r\nx: ", hold=FOREVER),
        Answer(raw=b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n", drip=50),
        Answer(raw=b"HTTP/1.1 100 Continue\r\n\r\n", hold=FOREVER),
        Answer(raw=b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" * 100, repeat=10**9),
    ],
    ids=["silence", "half a header", "dripping headers", "100 and silence", "103 without end"],
)
def test_headers_that_do_not_come_end_at_the_deadline(answer: Answer) -> None:
    with Receiver(lambda _: answer) as there:
        began = time.monotonic()
        [came] = sent(message(there.url), deadline=DEADLINE)
        took = (time.monotonic() - began) * 1000

    assert DEADLINE <= took < DEADLINE + 500
    assert failure(came).fault is Fault.TIMEOUT
    assert failure(came).detail == "not done within 300ms: still waiting for an answer"


def test_twenty_thousand_early_hints_before_an_answer_are_only_slow() -> None:
    flood = b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20_000 + OK
    with Receiver(lambda _: Answer(raw=flood)) as there:
        [came] = sent(message(there.url), deadline=10_000)

    assert (reply(came).status, reply(came).body) == (200, b"ok")


def test_a_body_that_drips_past_the_deadline_does_not_undo_the_answer() -> None:
    with Receiver(lambda _: Answer(body=b"x" * 10_000, drip=20)) as there:
        began = time.monotonic()
        [came] = sent(message(there.url), deadline=DEADLINE)
        took = (time.monotonic() - began) * 1000

    assert DEADLINE <= took < DEADLINE + 500
    assert reply(came).status == 200
    assert 1 <= len(reply(came).body) < 100


def test_of_a_hundred_megabytes_only_the_limit_is_read() -> None:
    with Receiver(lambda _: Answer(body=b"y" * 1_000_000, repeat=100)) as there:
        first, second = sent(message(there.url), message(there.url))

        assert there.connections == 2, "a body left unread closes its connection"
    for came in (first, second):
        assert reply(came).body == b"y" * BODY_LIMIT


@pytest.mark.parametrize("size", [BODY_LIMIT - 1, BODY_LIMIT, BODY_LIMIT + 1])
def test_a_body_around_the_limit_is_cut_exactly_there(size: int) -> None:
    with Receiver(lambda _: Answer(body=b"z" * size)) as there:
        [came] = sent(message(there.url))

    assert reply(came).body == b"z" * min(size, BODY_LIMIT)


def test_a_compressed_bomb_is_kept_as_it_came() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    packed = Answer(headers=(("content-encoding", "gzip"),), body=bomb)
    with Receiver(lambda _: packed) as there:
        [came] = sent(message(there.url))

    assert reply(came).body == bomb[:BODY_LIMIT]


def test_an_answer_before_the_request_was_read_counts() -> None:
    with Receiver(lambda _: Answer(status=413)) as there:
        [came] = sent(message(there.url, body=b"x" * 5_000_000))

    assert reply(came).status == 413


def test_a_dead_port_is_a_connect_failure() -> None:
    port = free_port()
    [came] = sent(message(f"http://127.0.0.1:{port}"))

    assert failure(came).fault is Fault.CONNECT
    assert failure(came).detail == f"127.0.0.1 port {port}: connection refused"
    assert failure(came).address == "127.0.0.1"
    assert failure(came).timing.response is None


def test_a_port_that_swallows_connections_ends_at_the_deadline() -> None:
    # A full backlog nobody accepts from: the kernel drops what comes after it.
    with socket.create_server(("127.0.0.1", 0), backlog=0) as deaf:
        port = deaf.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.settimeout(0)
            each.connect_ex(("127.0.0.1", port))
        began = time.monotonic()
        [came] = sent(message(f"http://127.0.0.1:{port}"), deadline=DEADLINE)
        took = (time.monotonic() - began) * 1000
        for each in waiting:
            each.close()

    assert DEADLINE <= took < DEADLINE + 500
    assert failure(came).fault is Fault.TIMEOUT
    assert failure(came).detail == "not done within 300ms: still connecting"


@pytest.mark.parametrize(
    "header",
    [("x-note", "a\r\nx-evil: 1"), ("x-note", "é"), ("x-note", "\x00"), ("x\n", "a"), ("", "a")],
)
def test_a_header_that_cannot_be_sent_makes_an_invalid_request(header: tuple[str, str]) -> None:
    with Receiver() as there:
        [came] = sent(message(there.url, headers=(header,)))

        assert there.requests == []
    assert failure(came).fault is Fault.INVALID


@pytest.mark.parametrize("url", ["", "nowhere", "ftp://127.0.0.1/", "http://127.0.0.1:0/"])
def test_a_url_that_is_none_makes_an_invalid_request(url: str) -> None:
    nowhere = HttpMessage(url=Secret(url), headers=(), body=b"")
    [came] = sent(nowhere)

    assert failure(came).fault is Fault.INVALID


def test_a_name_too_long_for_any_resolver_is_invalid_and_not_a_crash() -> None:
    async def long_names_only(host: str, port: int) -> list[str]:
        raise UnicodeError(f"label too long: {host}")

    [came] = sent(
        message("http://example.test"),
        transport=lambda: HttpTransport(resolver=long_names_only),
    )

    assert failure(came).fault is Fault.INVALID


def test_a_name_nobody_knows_is_a_dns_failure() -> None:
    async def nobody(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    [came] = sent(message("http://example.test"), transport=lambda: HttpTransport(resolver=nobody))

    assert failure(came).fault is Fault.DNS
    assert failure(came).detail == "example.test was not found: Name or service not known"


def test_a_name_without_an_address_is_a_dns_failure() -> None:
    async def empty(host: str, port: int) -> list[str]:
        return []

    [came] = sent(message("http://example.test"), transport=lambda: HttpTransport(resolver=empty))

    assert failure(came).fault is Fault.DNS


def test_a_name_server_that_never_answers_ends_at_the_deadline() -> None:
    async def silent(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        raise AssertionError

    [came] = sent(
        message("http://example.test"),
        deadline=DEADLINE,
        transport=lambda: HttpTransport(resolver=silent),
    )

    assert failure(came).fault is Fault.TIMEOUT
    assert failure(came).detail == "not done within 300ms: still looking up the host"


def test_a_lookup_that_fails_in_its_thread_fails_where_it_was_asked() -> None:
    with pytest.raises(UnicodeError):
        asyncio.run(resolve("a" * 64 + ".test", 80))


def test_a_lookup_nobody_waits_for_any_more_ends_quietly() -> None:
    async def run() -> None:
        asking = asyncio.ensure_future(resolve("localhost", 80))
        await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        for thread in threading.enumerate():
            if thread.name == "lookup":
                await asyncio.to_thread(thread.join)

    asyncio.run(run())
    assert not [each for each in threading.enumerate() if each.name == "lookup"]


def test_the_systems_resolver_finds_the_loopback_by_name() -> None:
    with Receiver() as there:
        [came] = sent(message(f"http://localhost:{there.port}"))

    assert reply(came).status == 200


def test_when_one_address_refuses_the_next_is_tried() -> None:
    async def several(host: str, port: int) -> list[str]:
        return ["127.0.0.2", "127.0.0.3", "127.0.0.1"]

    with Receiver() as there:
        [came] = sent(
            message(f"http://example.test:{there.port}"),
            transport=lambda: HttpTransport(resolver=several),
        )

        [request] = there.requests
        assert request.header("host") == f"example.test:{there.port}"
    assert reply(came).address == "127.0.0.1"


def test_many_at_once_over_one_transport_each_get_their_own_answer() -> None:
    async def run(url: str) -> list[bytes]:
        transport = HttpTransport()
        answers = await asyncio.gather(
            *(
                transport.send(message(url, body=b"%d" % n), deadline=10_000, allow_private=True)
                for n in range(50)
            )
        )
        await transport.aclose()
        return [reply(each).body for each in answers]

    with Receiver(lambda request: Answer(body=request.body)) as there:
        assert asyncio.run(run(there.url)) == [b"%d" % n for n in range(50)]


def test_a_cancelled_send_leaves_the_transport_usable() -> None:
    async def run(url: str) -> int:
        transport = HttpTransport()
        first = asyncio.ensure_future(
            transport.send(message(url), deadline=FOREVER, allow_private=True)
        )
        while not there.requests:
            await asyncio.sleep(0.005)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        assert first.cancelled()
        second = await transport.send(message(url), deadline=5_000, allow_private=True)
        await transport.aclose()
        return reply(second).status

    def answers(request: Request) -> Answer:
        return Answer(delay=FOREVER) if request.number == 1 else Answer(status=201)

    with Receiver(answers) as there:
        assert asyncio.run(run(there.url)) == 201
