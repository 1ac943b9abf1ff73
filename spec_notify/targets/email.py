"""The e-mail target: an event as a short mail in plain text and HTML, judged by SMTP's codes.

RFC 5322 and 5321. What a document says stands in the subject, as one line, and in the two parts;
every other header is made of ids and of the config's own addresses.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import TYPE_CHECKING

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import MailMessage, Reply
from spec_notify.targets import webhook
from spec_notify.targets._ids import plain_id
from spec_notify.targets._wording import disarmed, one_line, wording

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order
    from spec_notify.targets._wording import Wording

_SUBJECT_LIMIT = 150
_PLAIN_SUBJECT = 66
_WORD_LIMIT = 45
"""Bytes of text in an encoded word: 75 characters with its frame."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Seven bits on the wire whatever the server can do; a header with a line break is refused.
_POLICY = SMTP.clone(cte_type="7bit", raise_on_defect=False)
_OVER_QUOTA = 552


def render(order: Order) -> MailMessage:
    """Answer the mail of one attempt; its Message-ID is the same at each, so that copies show.

    Raises ValueError when the subscription names no sender or recipient.
    """
    sender, recipients = order.terms.sender, order.terms.to
    if sender is None or not recipients:
        raise ValueError("a mail needs a sender and a recipient")
    mail = _mail(order, sender, recipients)
    password = next(iter(order.endpoint.secrets), None)
    return MailMessage(
        url=order.endpoint.url,
        # Those that say which mail it was; evidence needs no other.
        headers=(
            ("message-id", mail["Message-ID"]),
            ("x-spec-notify-event", mail["X-Spec-Notify-Event"]),
            ("x-spec-notify-delivery", mail["X-Spec-Notify-Delivery"]),
        ),
        body=_subject(order) + mail.as_bytes(),
        sender=sender,
        recipients=recipients,
        username=(order.terms.username or sender) if password else None,
        password=password,
    )


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge by RFC 5321, section 4.2.1: 2xx delivers, 4xx is tried again, 5xx never passes.

    A 552 to a recipient is what old servers say for 452, too many at once, and is tried again.
    """
    if not isinstance(answer, Reply):
        return webhook.judge(answer, strict=strict, now=now)
    asked = answer.legs[-1].asked if answer.legs else "MAIL"
    detail = f"SMTP {answer.status} to {asked}"
    return Outcome(verdict=_verdict(answer.status, asked), detail=detail, status=answer.status)


def _verdict(status: int, asked: str) -> Verdict:
    if 200 <= status < 300:  # noqa: PLR2004 - SMTP's own classes
        return Verdict.DELIVERED
    if 500 <= status < 600 and not (status == _OVER_QUOTA and asked.startswith("RCPT")):  # noqa: PLR2004 - SMTP's own classes
        return Verdict.REJECTED
    return Verdict.RETRY


def _mail(order: Order, sender: str, recipients: tuple[str, ...]) -> EmailMessage:
    said = wording(order.type, order.body)
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = sender
    mail["To"] = ", ".join(recipients)
    mail["Date"] = format_datetime(_EPOCH + timedelta(milliseconds=order.at))
    mail["Message-ID"] = f"<{plain_id(order.delivery)}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Spec-Notify-Event"] = plain_id(order.event)
    mail["X-Spec-Notify-Delivery"] = plain_id(order.delivery)
    mail.set_content(_text(said, order))
    mail.add_alternative(_html(said, order), subtype="html")
    # A boundary by chance would make two mails of one order.
    mark = hashlib.sha256(order.delivery.encode("utf-8", "surrogatepass") + order.body)
    mail.set_boundary(f"=_{mark.hexdigest()[:32]}")
    return mail


def _subject(order: Order) -> bytes:
    """Answer the subject's line, in encoded words (RFC 2047) wherever it is not plain.

    The email package would decode encoded words that a title brings along, line breaks included.
    """
    headline = wording(order.type, order.body).headline
    text = one_line(order.terms.subject or f"[spec-notify] {headline}", _SUBJECT_LIMIT)
    if text.isascii() and "=?" not in text and len(text) <= _PLAIN_SUBJECT:
        return f"Subject: {text}\r\n".encode("ascii")
    words = (base64.b64encode(part).decode() for part in _parts(text))
    return ("Subject:" + "\r\n".join(f" =?utf-8?b?{word}?=" for word in words) + "\r\n").encode()


def _parts(text: str) -> list[bytes]:
    """Cut a text between code points into parts that fit an encoded word."""
    parts = [b""]
    for character in text:
        raw = character.encode()
        if len(parts[-1]) + len(raw) > _WORD_LIMIT:
            parts.append(b"")
        parts[-1] += raw
    return parts


def _own(order: Order) -> tuple[str, ...]:
    """Answer the words somebody gave us for this very mail: their links stay links."""
    return tuple(one_line(line) for line in order.terms.words)


def _lines(said: Wording, order: Order) -> tuple[str, ...]:
    return (*map(disarmed, said.lines), f"Event {plain_id(order.event)}, told by spec-notify.")


def _text(said: Wording, order: Order) -> str:
    own = (*_own(order), "") if order.terms.words else ()
    links = (f"{label}: {link}" for label, link in said.links)
    return "\n".join((*own, disarmed(said.headline), "", *links, *_lines(said, order), ""))


def _html(said: Wording, order: Order) -> str:
    own = "".join(f"<p>{escape(line)}</p>\n" for line in _own(order))
    links = "".join(f'<p><a href="{escape(link)}">{label}</a></p>\n' for label, link in said.links)
    paragraphs = links + "".join(f"<p>{escape(line)}</p>\n" for line in _lines(said, order))
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n'
        f"{own}<p><strong>{escape(disarmed(said.headline))}</strong></p>\n{paragraphs}</body></html>\n"
    )
