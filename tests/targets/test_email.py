"""The e-mail target: what a mail says, and that no document can make it say more."""

from __future__ import annotations

import re
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING

import msgspec
import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spec_notify.core.delivery import Verdict
from spec_notify.core.message import Leg, Reply, Terms
from spec_notify.targets import email

from .conformance import AT, hostile_orders, order

if TYPE_CHECKING:
    from email.message import EmailMessage

    from spec_notify.core.message import Order

HEADERS = [
    "Subject",
    "From",
    "To",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "X-Spec-Notify-Event",
    "X-Spec-Notify-Delivery",
    "MIME-Version",
    "Content-Type",
]
COMMANDS = (
    "=?utf-8?q?=0D=0ABcc=3A_evil=40evil.example?=",
    "=?utf-8?b?DQpCY2M6IGV2aWxAZXZpbC5leGFtcGxl?=",
    "a\r\nBcc: evil@evil.example\r\n\r\n<script>",
    "a\u2028Bcc: evil@evil.example",
    "a\x0bBcc: evil@evil.example",
    "https://evil.example/login",
    "www.evil.example",
    "<a href='https://evil.example'>click</a>",
    "<img src=//evil.example/pixel>",
    "[click](javascript:alert(1))",
    "mailto:evil@evil.example",
    "evil@evil.example",
    "@channel @ada",
    "--=_516413ad3fe67756365b716db62e312f--",
    "&lt;script&gt;",
    "\u202etxt.exe",
)
ACTIVE = re.compile(r"://|www\.\w|<a\b|<img|<script|[\w.]@\w|(?:^|\s)@\w|javascript:\w|\w\.\w")


def parsed(asked: Order) -> EmailMessage:
    read = message_from_bytes(email.render(asked).body, policy=default)
    assert not read.defects
    return read


def about(**data: object) -> Order:
    return order(body=orjson.dumps({"type": "spec-kit.task.completed", "data": data}))


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = mail.iter_parts()
    return text.get_content(), html.get_content()


def test_it_says_which_task_is_done_and_where_twice() -> None:
    mail = parsed(order())
    text, html = (each.replace("\u2060", "") for each in parts(mail))

    assert mail["Subject"] == "[spec-notify] T49 Say <when> a task & its review are done ✅ → Done"
    assert mail.get_content_type() == "multipart/alternative"
    assert text.splitlines()[:3] == [
        "T49 Say <when> a task & its review are done ✅ → Done",
        "",
        "SPEC-KIT-075-task-webhooks · SPEC.md:27 · main · 1a2b3c4d",
    ]
    assert "T49 Say &lt;when&gt; a task &amp; its review are done ✅ → Done" in html


def test_a_replay_has_the_same_message_id_and_a_date_of_its_own() -> None:
    first, again = parsed(order()), parsed(order(attempt=2, at=AT + 60_000))

    assert first["Message-ID"] == again["Message-ID"]
    assert first["Message-ID"] == "<dlv_abcdefghijklmnopqrstuvwxyz@example.org>"
    assert (first["Date"], again["Date"]) == (
        "Fri, 20 Nov 2026 10:00:00 +0000",
        "Fri, 20 Nov 2026 10:01:00 +0000",
    )
    assert first["Auto-Submitted"] == "auto-generated"


@pytest.mark.parametrize("command", COMMANDS)
def test_no_title_adds_a_header_a_part_a_link_or_an_address(command: str) -> None:
    mail = parsed(
        about(
            task={"id": command, "title": command, "status": command, "document": command},
            spec={"id": command},
            git={"branch": command},
        )
    )

    assert [*mail.keys()] == HEADERS
    assert (mail["To"], mail["From"]) == (
        "team@example.org, ada@example.org",
        "notify@example.org",
    )
    text, html = parts(mail)
    assert not ACTIVE.search(text)
    assert not ACTIVE.search(html)
    assert [*mail["Subject"]] == [char for char in mail["Subject"] if char.isprintable()]


@given(asked=hostile_orders)
def test_whatever_is_asked_the_mail_is_whole_ascii_and_has_our_headers(asked: Order) -> None:
    body = email.render(asked).body

    assert body.isascii()
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert b"\r" not in body.replace(b"\r\n", b"")
    assert max(map(len, body.split(b"\r\n"))) <= 998
    assert [*parsed(asked).keys()] == HEADERS
    assert len(list(parsed(asked).iter_parts())) == 2


@given(st.text(max_size=400))
def test_a_title_is_read_in_the_subject_as_it_was_written(title: str) -> None:
    subject = str(parsed(about(task={"title": title}))["Subject"])
    shown = " ".join("".join(c for c in title if c.isprintable() or c.isspace()).split())
    whole = f"[spec-notify] {shown or 'spec-kit.task.completed'}"

    assert subject == (whole if len(whole) <= 150 else whole[:149] + "…")


def test_a_hundred_recipients_stay_within_a_lines_length() -> None:
    many = tuple(f"{'a' * 60}{number}@{'b' * 60}.example" for number in range(100))
    asked = msgspec.structs.replace(order(), terms=Terms(to=many, sender="n@example.org"))
    body = email.render(asked).body

    assert max(map(len, body.split(b"\r\n"))) <= 998
    assert parsed(asked)["To"] == ", ".join(many)


def test_the_user_name_is_the_senders_address_unless_it_is_stated() -> None:
    assert email.render(order()).username == "notify@example.org"
    terms = Terms(to=("a@example.org",), sender="n@example.org", username="smtp-user")
    assert email.render(msgspec.structs.replace(order(), terms=terms)).username == "smtp-user"
    assert email.render(order(secrets=())).password is None
    assert email.render(order(secrets=())).username is None


@pytest.mark.parametrize(
    ("status", "asked", "verdict"),
    [
        (250, "DATA", Verdict.DELIVERED),
        (421, "CONNECT", Verdict.RETRY),
        (450, "RCPT 1", Verdict.RETRY),
        (452, "RCPT 1", Verdict.RETRY),
        (451, "DATA", Verdict.RETRY),
        (552, "RCPT 1", Verdict.RETRY),
        (552, "DATA", Verdict.REJECTED),
        (530, "MAIL", Verdict.REJECTED),
        (535, "AUTH", Verdict.REJECTED),
        (550, "RCPT 2", Verdict.REJECTED),
        (554, "DATA", Verdict.REJECTED),
        (354, "DATA", Verdict.RETRY),
    ],
)
@pytest.mark.parametrize("strict", [False, True])
def test_smtp_says_itself_what_will_never_pass(
    status: int, asked: str, verdict: Verdict, *, strict: bool
) -> None:
    answer = Reply(status=status, legs=(Leg(asked=asked, status=status),))
    judged = email.judge(answer, strict=strict, now=AT)

    assert (judged.verdict, judged.status) == (verdict, status)
    assert judged.detail == f"SMTP {status} to {asked}"
