"""The loopback receiver: exact about what came, and exactly as bad as its script says."""

from __future__ import annotations

import base64
import socket
import threading
import time
from contextlib import suppress

import pytest

from spec_notify.core.signature import decode_secret, sign_standard, verify_standard
from spec_notify.transports.receiver import Answer, Receiver, Request, failing

SECRET = "whsec_" + base64.b64encode(bytes(range(24))).decode()


def talk(port: int, said: bytes, *, half_close: bool = True) -> bytes:
    """Say bytes on a fresh connection and answer all that comes back."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as line:
        line.sendall(said)
        if half_close:
            line.shutdown(socket.SHUT_WR)
        heard = b""
        while chunk := line.recv(65_536):
            heard += chunk
        return heard


def post(body: bytes = b"{}", *headers: str, path: str = "/") -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: x", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode() + body


def test_it_listens_on_the_loopback_only() -> None:
    with Receiver() as there:
        assert there.url == f"http://127.0.0.1:{there.port}"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.2", there.port), timeout=1)


def test_it_takes_the_port_it_is_given_and_says_when_it_is_taken() -> None:
    with Receiver() as one:
        with pytest.raises(OSError, match="in use"):
            Receiver(port=one.port).start()
        port = one.port
    with Receiver(port=port) as again:
        assert again.port == port


def test_a_request_is_kept_exactly_as_it_came() -> None:
    body = bytes(range(256))
    with Receiver() as there:
        began = time.monotonic()
        talk(there.port, post(body, "X-Note: One", "x-note:  two ", path="/a?b=c"))

        [request] = there.requests
    assert (request.method, request.path, request.body) == ("POST", "/a?b=c", body)
    assert request.headers == (
        ("Host", "x"),
        ("X-Note", "One"),
        ("x-note", "two"),
        ("Content-Length", "256"),
    )
    assert request.header("x-note") == "One"
    assert request.header("x-other") is None
    assert (request.number, request.complaint) == (1, None)
    assert began <= request.arrived <= time.monotonic()


def test_requests_on_one_connection_are_answered_in_order() -> None:
    with Receiver(lambda request: Answer(body=b"%d" % request.number)) as there:
        heard = talk(there.port, post(b"a") + post(b"b") + post(b"c"))

        assert [request.body for request in there.requests] == [b"a", b"b", b"c"]
        assert there.connections == 1
    assert [part[-1:] for part in heard.split(b"HTTP/1.1 200 OK\r\n")[1:]] == [b"1", b"2", b"3"]


def test_a_chunked_body_is_put_together() -> None:
    chunked = (
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n"
    )
    with Receiver() as there:
        talk(there.port, chunked)

        assert there.requests[0].body == b"abc0123456789"


def test_a_sender_that_expects_to_be_told_to_go_on_is_told() -> None:
    with Receiver() as there:
        heard = talk(there.port, post(b"{}", "Expect: 100-continue"))

    assert heard.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"\r\n\r\n",
        b"hello\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nabc",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\nx: " + b"y" * 100_000 + b"\r\n\r\n",
    ],
    ids=lambda said: repr(said[:60]),
)
def test_what_is_no_request_is_hung_up_on_and_the_next_is_served(said: bytes) -> None:
    with Receiver() as there:
        with suppress(ConnectionError):  # it may be hung up on while still talking
            assert b"200 OK" not in talk(there.port, said)
        assert b"200 OK" in talk(there.port, post())
        assert len(there.requests) == 1


def test_waiting_ends_when_enough_has_come_or_the_time_is_over() -> None:
    with Receiver() as there:
        assert not there.wait_for(1, timeout=0.01)
        late = threading.Thread(target=lambda: [talk(there.port, post()) for _ in range(3)])
        late.start()
        assert there.wait_for(3, timeout=5)
        late.join()
        assert there.wait_for(2, timeout=0)


def test_only_the_latest_are_kept_if_asked() -> None:
    with Receiver(keep=2) as there:
        for number in range(5):
            talk(there.port, post(b"%d" % number))

        assert [request.body for request in there.requests] == [b"3", b"4"]
        assert there.wait_for(5, timeout=0)


def test_failing_fails_so_often_and_then_answers() -> None:
    with Receiver(failing(2, status=429, retry_after="7")) as there:
        heard = [talk(there.port, post()) for _ in range(3)]

    assert [each.split(b"\r\n")[0] for each in heard] == [
        b"HTTP/1.1 429 Too Many Requests",
        b"HTTP/1.1 429 Too Many Requests",
        b"HTTP/1.1 200 OK",
    ]
    assert [b"Retry-After: 7" in each for each in heard] == [True, True, False]


@pytest.mark.parametrize(
    ("answer", "heard"),
    [
        (Answer(status=299), b"HTTP/1.1 299 Unknown\r\ncontent-length: 0\r\n\r\n"),
        (
            Answer(body=b"ab", repeat=3, headers=(("X", "y"),)),
            b"HTTP/1.1 200 OK\r\nX: y\r\ncontent-length: 6\r\n\r\nababab",
        ),
        (
            Answer(body=b"abc", drip=1),
            b"HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\nabc",
        ),
        (Answer(raw=b"garbage", repeat=2, drip=1, hold=1), b"garbagegarbage"),
    ],
)
def test_an_answer_is_sent_as_scripted(answer: Answer, heard: bytes) -> None:
    with Receiver(lambda _: answer) as there:
        assert talk(there.port, post()) == heard


def test_a_reset_breaks_the_connection() -> None:
    with (
        Receiver(lambda _: Answer(raw=b"", reset=True)) as there,
        pytest.raises(ConnectionResetError),
    ):
        talk(there.port, post(), half_close=False)


def test_what_the_verifier_complains_about_is_answered_401() -> None:
    key = decode_secret(SECRET)

    def verify(request: Request) -> str | None:
        good = verify_standard(
            key,
            request.header("webhook-signature") or "",
            id=request.header("webhook-id") or "",
            timestamp=int(request.header("webhook-timestamp") or 0),
            body=request.body,
        )
        return None if good else "wrong signature"

    mark = sign_standard(key, id="evt_a", timestamp=7, body=b"{}")
    signed = ("webhook-id: evt_a", "webhook-timestamp: 7", f"webhook-signature: {mark}")
    with Receiver(verify=verify) as there:
        good, bad = (talk(there.port, post(body, *signed)) for body in (b"{}", b"{ }"))

        assert [request.complaint for request in there.requests] == [None, "wrong signature"]
    assert good.startswith(b"HTTP/1.1 200 OK\r\n")
    assert bad.startswith(b"HTTP/1.1 401 Unauthorized\r\n")
    assert bad.endswith(b"wrong signature")


def test_hundreds_of_requests_over_many_connections_are_all_kept() -> None:
    def send_some(port: int, sender: int) -> None:
        talk(port, b"".join(post(b"%d-%d" % (sender, number)) for number in range(50)))

    with Receiver() as there:
        senders = [threading.Thread(target=send_some, args=(there.port, n)) for n in range(20)]
        for sender in senders:
            sender.start()
        for sender in senders:
            sender.join()

        assert there.wait_for(1_000, timeout=10)
        bodies = [request.body for request in there.requests]
        numbers = [request.number for request in there.requests]
    assert sorted(bodies) == sorted(b"%d-%d" % (s, n) for s in range(20) for n in range(50))
    assert numbers == [*range(1, 1_001)]


def test_stopping_while_others_connect_and_wait_leaves_nothing_behind() -> None:
    for _ in range(20):
        with Receiver(lambda _: Answer(delay=60_000)) as there:
            lines = [socket.create_connection(("127.0.0.1", there.port)) for _ in range(5)]
            for line in lines[:3]:
                line.sendall(post())
            there.wait_for(1, timeout=5)
        for line in lines:
            line.close()
    assert not [each for each in threading.enumerate() if each.name == "receiver"]


def test_it_can_be_read_after_it_stopped_and_stopped_twice() -> None:
    there = Receiver().start()
    talk(there.port, post(b"kept"))
    there.stop()
    there.stop()

    assert [request.body for request in there.requests] == [b"kept"]
