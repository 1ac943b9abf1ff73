"""The SMTP wire against a real server and against ones that misbehave."""

from __future__ import annotations

import asyncio
import socket
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Fault, Leg, MailMessage, Reply, Secret
from spec_notify.targets import email
from spec_notify.transports.smtp import SmtpTransport
from tests.targets.conformance import AT, order

from .conftest import failure, free_port, reply
from .mailbox import LOGIN, Mailbox, scripted, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import httpcore

    from spec_notify.core.message import Failure

    from .conftest import Authority

RECIPIENTS = ("team@example.org", "ada@example.org")


def a_mail(url: str, **facts: object) -> MailMessage:
    body = email.render(order()).body
    keys = {"body": body, "sender": "notify@example.org", "recipients": RECIPIENTS, **facts}
    return MailMessage(url=Secret(url), **keys)  # type: ignore[arg-type]


def with_login(url: str, password: str = LOGIN[1], **facts: object) -> MailMessage:
    return a_mail(url, username=LOGIN[0], password=Secret(password), **facts)


async def loopback(host: str, port: int) -> list[str]:
    return ["127.0.0.1"]


def mailed(
    mail: MailMessage,
    authority: Authority | None = None,
    *,
    deadline: int = 5_000,
    allow_private: bool = True,
    resolver: Callable[[str, int], object] = loopback,
    wire: Callable[[str, int], object] | None = None,
) -> Reply | Failure:
    parts: dict[str, object] = {"resolver": resolver, "tls": authority and authority.client}
    if wire is not None:
        parts["wire"] = wire

    async def run() -> Reply | Failure:
        transport = SmtpTransport(**parts)  # type: ignore[arg-type]
        try:
            return await transport.send(mail, deadline=deadline, allow_private=allow_private)
        finally:
            await transport.aclose()

    return asyncio.run(run())


def asked(answer: Reply | Failure) -> list[tuple[str, int | None]]:
    return [(leg.asked, leg.status) for leg in answer.legs]


def test_a_mail_arrives_under_tls_after_a_login(authority: Authority) -> None:
    mailbox, server = Mailbox(), authority.server("DNS:mail.test")
    with serving(mailbox, smtps=server, login=True) as port:
        mail = with_login(f"smtps://mail.test:{port}")
        came = reply(mailed(mail, authority))

    assert (came.status, came.tls, came.address) == (250, "TLSv1.3", "127.0.0.1")
    assert email.judge(came, strict=False, now=AT).verdict is Verdict.DELIVERED
    [kept] = mailbox.mails
    assert (kept.mail_from, kept.rcpt_tos) == ("notify@example.org", list(RECIPIENTS))
    assert kept.content == mail.body
    assert mailbox.authenticated == [True]
    assert asked(came) == [
        ("CONNECT", 220),
        ("EHLO", 250),
        ("AUTH", 235),
        ("MAIL", 250),
        ("RCPT 1", 250),
        ("RCPT 2", 250),
        ("DATA", 250),
    ]


def test_a_mail_arrives_after_starttls_and_a_login(authority: Authority) -> None:
    mailbox, server = Mailbox(), authority.server("DNS:mail.test")
    with serving(mailbox, starttls=server, login=True) as port:
        came = reply(mailed(with_login(f"smtp://mail.test:{port}"), authority))

    assert (came.status, came.tls) == (250, "TLSv1.3")
    assert came.timing.tls is not None
    assert (mailbox.secure, mailbox.authenticated) == ([True], [True])
    assert [word for word, _ in asked(came)][:4] == ["CONNECT", "EHLO", "STARTTLS", "EHLO"]


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_a_certificate_for_another_host_is_refused_before_anything_is_said(
    authority: Authority, scheme: str
) -> None:
    mailbox, server = Mailbox(), authority.server("DNS:other.test")
    tls = {"smtps": server} if scheme == "smtps" else {"starttls": server}
    with serving(mailbox, login=True, **tls) as port:
        came = failure(mailed(with_login(f"{scheme}://mail.test:{port}"), authority))

    assert came.fault is Fault.TLS
    assert "not valid for 'mail.test'" in came.detail
    assert not mailbox.mails


def test_an_authority_nobody_knows_is_refused(authority: Authority) -> None:
    with serving(Mailbox(), smtps=authority.server("DNS:mail.test")) as port:
        came = failure(mailed(a_mail(f"smtps://mail.test:{port}")))

    assert came.fault is Fault.TLS


def test_a_wrong_password_is_refused_for_good_and_shown_nowhere(authority: Authority) -> None:
    server = authority.server("DNS:mail.test")
    with serving(Mailbox(), smtps=server, login=True) as port:
        came = reply(mailed(with_login(f"smtps://mail.test:{port}", "c4n4ry-wrong"), authority))

    judged = email.judge(came, strict=False, now=AT)
    assert (judged.verdict, judged.status) == (Verdict.REJECTED, 535)
    assert judged.detail == "SMTP 535 to AUTH"
    assert "c4n4ry" not in repr(came)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("450 4.2.0 greylisted", Verdict.RETRY),
        ("451 4.3.0 later", Verdict.RETRY),
        ("452 4.5.3 too many", Verdict.RETRY),
        ("552 too many recipients", Verdict.RETRY),
        ("550 5.1.1 nobody of that name", Verdict.REJECTED),
        ("553 5.1.3 no address", Verdict.REJECTED),
    ],
)
def test_one_refused_recipient_stops_the_mail_for_all(answer: str, verdict: Verdict) -> None:
    mailbox = Mailbox({"ada@example.org": answer})
    with serving(mailbox) as port:
        came = reply(mailed(a_mail(f"smtp://mail.test:{port}")))

    judged = email.judge(came, strict=True, now=AT)
    assert judged.verdict is verdict
    assert judged.detail == f"SMTP {answer[:3]} to RCPT 2"
    assert not mailbox.mails


def test_no_person_is_named_in_what_the_server_said() -> None:
    with serving(Mailbox()) as port:
        came = reply(mailed(a_mail(f"smtp://mail.test:{port}")))

    assert came.body == b"2.0.0 kept for [address]"


def test_without_starttls_a_mail_leaves_only_on_this_machine_and_never_with_a_password() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        url = f"smtp://mail.test:{port}"
        assert reply(mailed(a_mail(url))).status == 250
        secret = failure(mailed(with_login(url)))
        refused = failure(mailed(a_mail(url), allow_private=False))

    assert secret.fault is Fault.TLS
    assert secret.detail.startswith("the server offers no STARTTLS")
    assert refused.fault is Fault.REFUSED_ADDRESS
    assert len(mailbox.mails) == 1


def test_elsewhere_starttls_is_asked_for_and_its_absence_is_a_failure() -> None:
    async def far_away(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    with scripted(b"220 hello\r\n", b"250 me\r\n") as (port, heard):

        async def detour(address: str, _: int) -> httpcore.AsyncNetworkStream:
            from spec_notify.transports.smtp import connect

            assert address == "10.1.2.3"
            return await connect("127.0.0.1", port)

        came = failure(mailed(a_mail("smtp://mail.test"), resolver=far_away, wire=detour))

    assert came.fault is Fault.TLS
    assert [line for line in heard if line.startswith(b"MAIL")] == []


def test_what_is_said_in_clear_text_behind_starttls_is_never_believed(
    authority: Authority,
) -> None:
    forged = b"220 go\r\n250-forged\r\n250 AUTH PLAIN\r\n"

    def shake(connection: socket.socket) -> None:
        server = authority.server("DNS:mail.test")
        with server.wrap_socket(connection, server_side=True) as secure:
            secure.recv(100)
            secure.sendall(b"250 no login here\r\n")
            secure.recv(100)

    with scripted(b"220 hello\r\n", b"250-me\r\n250 STARTTLS\r\n", forged, then=shake) as (port, _):
        came = failure(mailed(with_login(f"smtp://mail.test:{port}"), authority))

    assert came.detail == "the server takes no password: neither PLAIN nor LOGIN"


@pytest.mark.parametrize(
    ("answers", "fault"),
    [
        ([b"HTTP/1.1 400 Bad Request\r\n\r\n"], Fault.PROTOCOL),
        ([b"x" * 100_000 + b"\r\n"], Fault.PROTOCOL),
        ([b"220-more\r\n" * 100_000], Fault.PROTOCOL),
        ([b"999 what\r\n"], Fault.PROTOCOL),
        ([b"220 hello\r\n", b"250-so\r\n" * 50_000], Fault.PROTOCOL),
    ],
)
def test_an_answer_that_is_not_smtp_or_never_ends_is_a_failure(
    answers: Sequence[bytes], fault: Fault
) -> None:
    with scripted(*answers) as (port, _):
        assert failure(mailed(a_mail(f"smtp://mail.test:{port}"))).fault is fault


def test_a_server_that_is_busy_is_asked_again() -> None:
    with scripted(b"421 4.3.2 try later\r\n") as (port, _):
        came = reply(mailed(a_mail(f"smtp://mail.test:{port}")))

    judged = email.judge(came, strict=True, now=AT)
    assert (judged.verdict, judged.detail) == (Verdict.RETRY, "SMTP 421 to CONNECT")


def test_a_silent_server_ends_at_the_deadline() -> None:
    with scripted(b"220 hello\r\n") as (port, _):
        came = failure(mailed(a_mail(f"smtp://mail.test:{port}"), deadline=300))

    assert came.fault is Fault.TIMEOUT
    assert came.detail == "not done within 300ms: still waiting for the answer to EHLO"
    assert came.legs == (Leg(asked="CONNECT", status=220), Leg(asked="EHLO"))


def test_a_server_that_drips_ends_at_the_deadline() -> None:
    def drip(connection: socket.socket) -> None:
        for _ in range(100):
            connection.sendall(b"2")

    with scripted(b"", then=drip) as (port, _):
        assert failure(mailed(a_mail(f"smtp://mail.test:{port}"), deadline=300)).fault in {
            Fault.TIMEOUT,
            Fault.PROTOCOL,
        }


def test_a_connection_that_breaks_in_the_middle_is_tried_again() -> None:
    def hang_up(connection: socket.socket) -> None:
        connection.shutdown(socket.SHUT_RDWR)

    with scripted(b"220 hello\r\n", b"250 me\r\n", b"250 ok\r\n", then=hang_up) as (port, _):
        came = failure(mailed(a_mail(f"smtp://mail.test:{port}")))

    assert came.fault is Fault.PROTOCOL
    assert email.judge(came, strict=False, now=AT).verdict is Verdict.RETRY


def test_nobody_there_is_a_failure_to_connect() -> None:
    assert failure(mailed(a_mail(f"smtp://mail.test:{free_port()}"))).fault is Fault.CONNECT


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("smtps://mail.test", "169.254.169.254"),
        ("smtp://mail.test:25", "100.100.100.200"),
        ("smtps://mail.test", "fd00:ec2::254"),
    ],
)
def test_a_name_that_leads_to_a_metadata_service_is_never_dialled(url: str, address: str) -> None:
    async def there(host: str, port: int) -> list[str]:
        return [address]

    async def never(ip: str, port: int) -> httpcore.AsyncNetworkStream:
        raise AssertionError(ip)

    came = failure(mailed(a_mail(url), resolver=there, wire=never))
    assert came.fault is Fault.REFUSED_ADDRESS


@pytest.mark.parametrize("url", ["https://mail.test", "smtp://u:p@mail.test", "smtp://", "smtp"])
def test_what_is_no_mail_servers_url_is_refused(url: str) -> None:
    assert failure(mailed(a_mail(url))).fault is Fault.INVALID


@pytest.mark.parametrize(
    "hostile", ["a@b.example\r\nRCPT TO:<evil@b.example>", "a@b.example\nDATA", "é@b.example"]
)
def test_an_address_with_a_line_break_says_nothing_to_the_server(hostile: str) -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        for keys in ({"sender": hostile}, {"recipients": ("team@example.org", hostile)}):
            came = failure(mailed(a_mail(f"smtp://mail.test:{port}", **keys)))
            assert came.fault is Fault.INVALID

    assert mailbox.mails == []


def test_a_line_with_one_dot_in_a_mail_does_not_end_it() -> None:
    mailbox, body = Mailbox(), b"Subject: x\r\n\r\n.\r\nRSET\r\n..\r\n"
    with serving(mailbox) as port:
        assert reply(mailed(a_mail(f"smtp://mail.test:{port}", body=body))).status == 250

    [kept] = mailbox.mails
    assert kept.content == body


def test_a_mail_reads_the_same_at_its_destination() -> None:
    mailbox = Mailbox()
    with serving(mailbox) as port:
        mailed(a_mail(f"smtp://mail.test:{port}"))

    assert isinstance(mailbox.mails[0].content, bytes)
    read = message_from_bytes(mailbox.mails[0].content, policy=default)
    assert read["Subject"] == (
        "[spec-notify] T49 Say <when> a task & its review are done ✅ → Done"
    )
    assert not read.defects
