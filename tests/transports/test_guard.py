"""The guard over real and scripted wires: what may be dialled, and what is never followed."""

from __future__ import annotations

import asyncio
import itertools
import logging
import resource
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.message import Fault
from spec_notify.transports.http import HttpTransport
from spec_notify.transports.receiver import Answer, Receiver
from spec_notify.transports.stream import connect

from .conftest import failure, message, reply, sent

if TYPE_CHECKING:
    from pathlib import Path

    import httpcore

    from .conftest import Authority

PUBLIC = "93.184.215.14"
PUBLIC_SIX = "2606:2800:21f:cb07:6820:80da:af6b:8b2c"


class Wire:
    """A wire that leads nowhere and notes whom it was asked to connect."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def __call__(self, address: str, port: int) -> httpcore.AsyncNetworkStream:
        self.dialled.append(address)
        raise ConnectionRefusedError


class Names:
    """A resolver with a script: one list of addresses after the other, again and again."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = itertools.cycle(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return next(self._answers)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("127.0.0.1", "allow_private = true"),
        ("::1", "allow_private = true"),
        ("10.1.2.3", "allow_private = true"),
        ("100.64.1.1", "allow_private = true"),
        ("fd12::1", "allow_private = true"),
        ("169.254.169.254", "no setting allows it"),
        ("100.100.100.200", "no setting allows it"),
        ("168.63.129.16", "no setting allows it"),
        ("fd00:ec2::254", "no setting allows it"),
        ("fe80::1%eth0", "zone"),
        ("0.0.0.0", "no setting allows it"),
        ("::ffff:127.0.0.1", "127.0.0.1"),
        ("64:ff9b::7f00:1", "127.0.0.1"),
        ("2002:7f00:1::", "127.0.0.1"),
        ("not an address", "no IP address"),
    ],
)
def test_a_name_that_leads_to_a_forbidden_address_is_not_dialled(address: str, words: str) -> None:
    wire = Wire()
    [came] = sent(
        message("https://rebound.test"),
        allow_private=False,
        transport=lambda: HttpTransport(resolver=Names([address]), wire=wire),
    )

    assert wire.dialled == []
    assert failure(came).fault is Fault.REFUSED_ADDRESS
    assert failure(came).detail.startswith("rebound.test: ")
    assert words in failure(came).detail


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.test",
        "https://127.0.0.1",
        "https://localhost",
        "https://[::1]",
        "https://169.254.169.254",
    ],
)
def test_a_url_that_is_off_limits_is_not_even_looked_up(url: str) -> None:
    wire, names = Wire(), Names([PUBLIC])
    [came] = sent(
        message(url),
        allow_private=False,
        transport=lambda: HttpTransport(resolver=names, wire=wire),
    )

    assert (names.asked, wire.dialled) == (0, [])
    assert failure(came).fault is Fault.REFUSED_ADDRESS


@pytest.mark.parametrize(
    "host",
    ["2130706433", "0x7f000001", "127.1", "0177.0.0.1", "[127.0.0.1]", "a@127.0.0.1", "localhost."],
)
def test_an_odd_spelling_of_the_loopback_is_refused_before_any_resolver_reads_it(
    host: str,
) -> None:
    wire, names = Wire(), Names(["127.0.0.1"])
    [came] = sent(
        message(f"https://{host}"), transport=lambda: HttpTransport(resolver=names, wire=wire)
    )

    assert (names.asked, wire.dialled) == (0, [])
    assert failure(came).fault is Fault.INVALID


def test_a_thousand_rebinds_reach_the_loopback_not_once() -> None:
    wire, names = Wire(), Names([PUBLIC], ["127.0.0.1"], [PUBLIC_SIX], ["::1"])
    with Receiver() as there:
        answers = sent(
            *[message(f"https://rebound.test:{there.port}")] * 1_000,
            allow_private=False,
            transport=lambda: HttpTransport(resolver=names, wire=wire),
        )

        assert (there.connections, there.requests) == (0, [])
    assert names.asked == 1_000, "a name is looked up once per attempt, never again for the dial"
    assert wire.dialled == [PUBLIC, PUBLIC_SIX] * 250
    faults = [failure(each).fault for each in answers]
    assert faults == [Fault.CONNECT, Fault.REFUSED_ADDRESS] * 500


def test_among_several_addresses_only_the_vetted_ones_are_dialled() -> None:
    wire = Wire()
    names = Names(["127.0.0.1", PUBLIC, "169.254.169.254", PUBLIC_SIX, PUBLIC])
    [came] = sent(
        message("https://rebound.test"),
        allow_private=False,
        transport=lambda: HttpTransport(resolver=names, wire=wire),
    )

    assert wire.dialled == [PUBLIC, PUBLIC_SIX]
    assert failure(came).fault is Fault.CONNECT


def test_the_vetted_address_is_dialled_while_the_url_names_the_host(authority: Authority) -> None:
    async def stand_in(address: str, port: int) -> httpcore.AsyncNetworkStream:
        assert address == PUBLIC
        return await connect("127.0.0.1", port)

    with Receiver(tls=authority.server("DNS:hooks.test")) as there:
        [came] = sent(
            message(f"https://hooks.test:{there.port}"),
            allow_private=False,
            transport=lambda: HttpTransport(
                tls=authority.client, resolver=Names([PUBLIC]), wire=stand_in
            ),
        )

        assert there.requests[0].header("host") == f"hooks.test:{there.port}"
    assert reply(came).status == 200


def test_an_idle_connection_outlives_a_rebind_because_it_was_vetted() -> None:
    names = Names(["127.0.0.1"], ["169.254.169.254"])
    with Receiver() as there:
        answers = sent(
            *[message(f"http://hooks.test:{there.port}")] * 2,
            transport=lambda: HttpTransport(resolver=names),
        )

        assert there.connections == 1
    assert names.asked == 1
    assert [reply(each).address for each in answers] == ["127.0.0.1"] * 2


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_answered_with_silence(status: int) -> None:
    with Receiver() as target:
        places = (
            f"{target.url}/stolen",
            f"//127.0.0.1:{target.port}/stolen",
            "file:///etc/passwd",
            "http://169.254.169.254/latest/",
            "http://[broken",
            "https://user:word@",
            "",
        )
        for place in places:
            away = Answer(status=status, headers=(("Location", place),))
            with Receiver(lambda _, away=away: away) as there:
                [came] = sent(message(there.url))

                assert len(there.requests) == 1
            assert (reply(came).status, reply(came).header("location")) == (status, place)
        assert (target.connections, target.requests) == (0, [])


def test_what_the_environment_says_of_proxies_and_passwords_is_ignored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password something\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Receiver() as proxy, Receiver() as there:
        for name in ("http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
            monkeypatch.setenv(name.upper(), proxy.url)
        [came] = sent(message(there.url))

        assert (proxy.connections, len(there.requests)) == (0, 1)
        assert there.requests[0].header("authorization") is None
    assert reply(came).status == 200


def test_a_receivers_cookies_are_not_kept() -> None:
    sticky = Answer(headers=(("Set-Cookie", "session=1; Path=/"),))
    with Receiver(lambda _: sticky) as there:
        sent(message(there.url), message(there.url))

        assert [request.header("cookie") for request in there.requests] == [None, None]


def test_with_debug_logging_on_no_log_holds_the_url(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret_place = Answer(status=302, headers=(("Location", "https://h.test/c4n4ry"),))
    with Receiver(lambda _: secret_place) as there:
        sent(message(there.url), message("http://127.0.0.1:1"))

    assert "c4n4ry" not in caplog.text
    assert not [record for record in caplog.records if record.name.startswith(("http", "hpack"))]


def test_memory_does_not_grow_with_hostile_answers() -> None:
    bomb = Answer(
        headers=(("content-encoding", "gzip"), *[("x-filler", "y" * 90)] * 500),
        body=b"z" * 1_000_000,
        repeat=10,
    )
    with Receiver(lambda _: bomb, keep=1) as there:
        sent(*[message(there.url)] * 20)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        answers = sent(*[message(there.url)] * 200)
        after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    assert {reply(each).status for each in answers} == {200}
    assert after - before < 32 * 1024  # KiB


def test_each_address_gets_its_share_of_patience() -> None:
    async def slow_first(address: str, port: int) -> httpcore.AsyncNetworkStream:
        if address == PUBLIC:
            await asyncio.Event().wait()
        return await connect("127.0.0.1", port)

    with Receiver() as there:
        [came] = sent(
            message(f"http://hooks.test:{there.port}"),
            deadline=10_000,
            transport=lambda: HttpTransport(resolver=Names([PUBLIC, PUBLIC_SIX]), wire=slow_first),
        )

    assert reply(came).status == 200
    assert 1_900 <= (reply(came).timing.connect or 0) <= 4_000
