"""The webhook target: the stored body unchanged under signed headers, judged by its status.

Contract, section 7.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import Failure, Fault, HttpMessage, Reply
from spec_notify.core.retry import parse_retry_after
from spec_notify.core.signature import signature_headers

if TYPE_CHECKING:
    from spec_notify.core.message import Order

SCHEMA_VERSION = "1.0"
_FOR_NOW = {408, 425, 429}
"""Refusals that ask for patience, not for another message."""
_PHRASES = {status.value: status.phrase for status in HTTPStatus}
_LONGEST_HOST = 253


def render(order: Order) -> HttpMessage:
    """Answer the request of one attempt: same id and body each time, fresh timestamp.

    Raises SecretError when a signature is due and no usable secret is there.
    """
    event = header_text(order.event)
    timestamp = order.at // 1000
    signature = signature_headers(
        order.signature,
        order.endpoint.signing(order.at),
        id=event,
        timestamp=timestamp,
        body=order.body,
    )
    headers = (
        ("content-type", header_text(order.content_type)),
        ("user-agent", header_text(order.user_agent)),
        ("webhook-id", event),
        ("webhook-timestamp", str(timestamp)),
        *signature,
        ("x-spec-notify-delivery", header_text(order.delivery)),
        ("x-spec-notify-attempt", str(order.attempt)),
        ("x-spec-notify-event", header_text(order.type)),
        ("x-spec-notify-schema-version", SCHEMA_VERSION),
    )
    return HttpMessage(
        url=order.endpoint.url,
        headers=headers,
        body=order.body,
        signed=order.signature != "none",
    )


def header_text(text: str) -> str:
    """Answer a text as a header value may hold it: printable ASCII, anything else a `?`."""
    return "".join(char if " " <= char <= "~" else "?" for char in text).strip()


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Say what an answer, or the lack of one, means for the attempt.

    2xx delivers, 410 parks. Everything else is tried again, except what will never pass: a
    request that cannot be made and, with `strict`, any other 4xx but 408, 425 and 429.
    """
    if isinstance(answer, Failure):
        final = answer.fault is Fault.INVALID
        verdict = Verdict.REJECTED if final else Verdict.RETRY
        return Outcome(verdict=verdict, detail=answer.detail)
    verdict = _verdict(answer.status, strict=strict)
    wish = None
    if verdict is Verdict.RETRY:
        wish = parse_retry_after(answer.header("retry-after"), now=now)
    return Outcome(verdict=verdict, detail=_detail(answer), status=answer.status, retry_after=wish)


def _verdict(status: int, *, strict: bool) -> Verdict:
    if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own classes
        return Verdict.DELIVERED
    if status == HTTPStatus.GONE:
        return Verdict.GONE
    if strict and 400 <= status < 500 and status not in _FOR_NOW:  # noqa: PLR2004 - HTTP status classes
        return Verdict.REJECTED
    return Verdict.RETRY


def _detail(reply: Reply) -> str:
    said = f"HTTP {reply.status} {_PHRASES.get(reply.status, '')}".rstrip()
    if 300 <= reply.status < 400:  # noqa: PLR2004 - HTTP status classes
        return f"{said}: redirects are not followed{_toward(reply.header('location'))}"
    if reply.status == HTTPStatus.GONE:
        return f"{said}: the endpoint is parked until a replay gets through or its URL changes"
    return said


def _toward(location: str | None) -> str:
    """Name the host a redirect points to, and no more: the rest may hold a token."""
    if location is None:
        return ""
    try:
        host = urlsplit(location).hostname
    except ValueError:
        return " (to an unreadable place)"
    return f" (to {header_text(host)[:_LONGEST_HOST]})" if host else " (to the same host)"
