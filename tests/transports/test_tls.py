"""TLS with a throw-away authority: who is trusted, who is not, and that nothing overrules it."""

from __future__ import annotations

import asyncio
import ssl
import threading
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.message import Fault
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.pool import ssl_context
from spec_notify.transports.receiver import Answer, Receiver
from spec_notify.transports.stream import connect

from .conftest import failure, listening, message, reply, sent

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable
    from pathlib import Path

    import httpcore

    from spec_notify.core.message import Failure, Reply
    from spec_notify.transports.dialer import Wire

    from .conftest import Authority


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def trusting(authority: Authority) -> Callable[[], HttpTransport]:
    return lambda: HttpTransport(tls=authority.client, resolver=loopback)


def asked(
    tls: ssl.SSLContext, transport: Callable[[], HttpTransport], host: str = "hooks.test"
) -> Reply | Failure:
    """Answer what a TLS receiver's answer looks like from here."""
    with Receiver(tls=tls) as there:
        [came] = sent(message(f"https://{host}:{there.port}"), transport=transport)
    return came


def test_a_certificate_of_a_trusted_authority_for_the_host_is_accepted(
    authority: Authority,
) -> None:
    came = reply(asked(authority.server("DNS:hooks.test"), trusting(authority)))

    assert (came.status, came.tls, came.address) == (200, "TLSv1.3", "127.0.0.1")
    assert came.timing.tls is not None
    assert came.timing.response is not None


def test_a_certificate_for_the_address_serves_a_url_with_an_address(authority: Authority) -> None:
    came = asked(authority.server("IP:127.0.0.1"), trusting(authority), "127.0.0.1")

    assert reply(came).status == 200


def test_a_kept_connection_stays_under_tls(authority: Authority) -> None:
    with Receiver(tls=authority.server("DNS:hooks.test")) as there:
        answers = sent(
            *[message(f"https://hooks.test:{there.port}")] * 3, transport=trusting(authority)
        )

        assert there.connections == 1
    assert [reply(each).tls for each in answers] == ["TLSv1.3"] * 3


def test_the_hosts_name_is_asked_for_in_the_handshake(authority: Authority) -> None:
    server = authority.server("DNS:hooks.test")
    names: list[str | None] = []
    server.sni_callback = lambda _, name, __: names.append(name)
    asked(server, trusting(authority))

    assert names == ["hooks.test"]


@pytest.mark.parametrize(
    ("subject", "expired", "words"),
    [
        ("DNS:other.test", False, "not valid for 'hooks.test'"),
        ("DNS:sub.hooks.test", False, "not valid for 'hooks.test'"),
        ("IP:127.0.0.1", False, "not valid for 'hooks.test'"),
        ("DNS:hooks.test", True, "expired"),
    ],
)
def test_a_certificate_for_another_host_or_time_is_refused(
    authority: Authority, subject: str, *, expired: bool, words: str
) -> None:
    server = authority.server(subject, expired=expired)
    came = failure(asked(server, trusting(authority)))

    assert came.fault is Fault.TLS
    assert came.detail.startswith("the certificate is not trusted: ")
    assert words in came.detail
    assert came.address == "127.0.0.1"


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_an_authority_of_the_environments_choice_is_not_trusted(
    authority: Authority, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(variable, str(authority.folder / "ca.pem"))
    fresh = ssl_context.__wrapped__()
    came = asked(
        authority.server("DNS:hooks.test"), lambda: HttpTransport(tls=fresh, resolver=loopback)
    )

    assert failure(came).fault is Fault.TLS


def test_session_keys_are_written_nowhere(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = tmp_path / "keys"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    fresh = ssl_context.__wrapped__(str(authority.folder / "ca.pem"))
    came = asked(
        authority.server("DNS:hooks.test"), lambda: HttpTransport(tls=fresh, resolver=loopback)
    )

    assert reply(came).status == 200
    assert not keys.exists()


def test_the_context_is_shared_and_strict() -> None:
    context = ssl_context()

    assert context is ssl_context()
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_tls_1_1_is_refused_and_1_2_is_not(authority: Authority) -> None:
    old, current = authority.server("DNS:hooks.test"), authority.server("DNS:hooks.test")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    current.maximum_version = ssl.TLSVersion.TLSv1_2

    def only_old(connection: socket.socket) -> None:
        with suppress(OSError):
            old.wrap_socket(connection, server_side=True).close()

    with listening(only_old) as port:
        [came] = sent(message(f"https://hooks.test:{port}"), transport=trusting(authority))

    assert failure(came).fault is Fault.TLS
    assert "protocol version" in failure(came).detail
    assert reply(asked(current, trusting(authority))).tls == "TLSv1.2"


def test_an_answer_in_clear_text_before_the_handshake_is_never_believed(
    authority: Authority,
) -> None:
    forged = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"
    spoken = threading.Event()

    def talk(connection: socket.socket) -> None:
        connection.sendall(forged)
        spoken.set()
        with suppress(OSError):
            authority.server("DNS:hooks.test").wrap_socket(connection, server_side=True).close()

    with listening(talk) as port:
        [came] = sent(
            message(f"https://hooks.test:{port}"),
            transport=lambda: HttpTransport(
                tls=authority.client, resolver=loopback, wire=_dialled_then(spoken)
            ),
        )

    assert failure(came).fault is Fault.TLS
    assert failure(came).detail == "the receiver spoke before the TLS handshake"


def _dialled_then(spoken: threading.Event) -> Wire:
    async def wire(address: str, port: int) -> httpcore.AsyncNetworkStream:
        stream = await connect(address, port)
        await asyncio.to_thread(spoken.wait, 5)
        while not stream.get_extra_info("is_readable"):
            await asyncio.sleep(0.001)
        return stream

    return wire


def test_a_receiver_without_tls_is_a_tls_failure(authority: Authority) -> None:
    def answer_in_clear(connection: socket.socket) -> None:
        connection.recv(1)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with listening(answer_in_clear) as port:
        [came] = sent(message(f"https://hooks.test:{port}"), transport=trusting(authority))

    assert failure(came).fault is Fault.TLS
    assert "wrong version number" in failure(came).detail


def test_a_handshake_nobody_answers_ends_at_the_deadline(authority: Authority) -> None:
    with listening(lambda _: None) as port:
        [came] = sent(
            message(f"https://hooks.test:{port}"), deadline=300, transport=trusting(authority)
        )

    assert failure(came).fault is Fault.TIMEOUT
    assert failure(came).detail == "not done within 300ms: still in the TLS handshake"


def test_a_connection_closed_during_the_handshake_is_a_tls_failure(authority: Authority) -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.recv(1)
        connection.close()

    with listening(hang_up) as port:
        [came] = sent(message(f"https://hooks.test:{port}"), transport=trusting(authority))

    assert failure(came).fault is Fault.TLS
    assert failure(came).detail == "the connection closed during the TLS handshake"


def test_a_large_answer_under_tls_is_cut_at_the_limit(authority: Authority) -> None:
    big = Answer(body=b"y" * 1_000_000, repeat=30)
    with Receiver(lambda _: big, tls=authority.server("DNS:hooks.test")) as there:
        [came] = sent(message(f"https://hooks.test:{there.port}"), transport=trusting(authority))

    assert reply(came).body == b"y" * 16_384
