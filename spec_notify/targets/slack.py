"""The Slack target: a short message through an incoming webhook, in Block Kit and as plain text.

Nothing a document says can mention, link or format: every text of it is plain and escaped. Slack
knows no signature; its URL is the secret. https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.targets import _team as team
from spec_notify.targets import webhook
from spec_notify.targets._card import card, spelled

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order

_SECTION_LIMIT = 3000
_CONTEXT_LIMIT = 2000
_MOST_ELEMENTS = 10
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CODE = re.compile(rb"[a-z_]{1,64}")
_FINE = (b"ok", b'{"ok":true}')


def render(order: Order) -> HttpMessage:
    """Answer the message of one attempt; a body that says nothing of a task names the event.

    One in the team format is told in that format's own text, where a channel may be named.
    """
    if told := team.told(order.type, order.body):
        channel = {"channel": order.terms.channel} if order.terms.channel else {}
        return _posted(order, {"text": team.text(told), **channel})
    said = card(order.type, order.body)
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": _plain(said.headline, _SECTION_LIMIT)}
    ]
    under = [*filter(None, [said.place]), *(f"{label}: {value}" for label, value in said.facts)]
    if under:
        elements = [_plain(each, _CONTEXT_LIMIT) for each in under[:_MOST_ELEMENTS]]
        blocks.append({"type": "context", "elements": elements})
    if said.links:
        elements = [_link(label, link) for label, link in said.links]
        blocks.append({"type": "context", "elements": elements})
    whole = f"{said.headline} ({said.place})" if said.place else said.headline
    message = {
        "text": spelled(whole, _SECTION_LIMIT, _ESCAPES),
        "blocks": blocks,
        "parse": "none",
        "link_names": False,
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
    return _posted(order, message)


def _posted(order: Order, message: dict[str, object]) -> HttpMessage:
    headers = (
        ("content-type", "application/json"),
        ("user-agent", webhook.header_text(order.user_agent)),
    )
    return HttpMessage(url=order.endpoint.url, headers=headers, body=orjson.dumps(message))


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, but believe a 2xx only when Slack says `ok`, and quote its error code."""
    outcome = webhook.judge(answer, strict=strict, now=now)
    if not isinstance(answer, Reply):
        return outcome
    said = answer.body.strip()
    if outcome.verdict is not Verdict.DELIVERED:
        code = f": {said.decode()}" if _CODE.fullmatch(said) else ""
        return msgspec.structs.replace(outcome, detail=outcome.detail + code)
    if said.replace(b" ", b"") in _FINE:
        return outcome
    detail = f"{outcome.detail}, but Slack did not say ok"
    return msgspec.structs.replace(outcome, verdict=Verdict.RETRY, detail=detail)


def _link(label: str, link: str) -> dict[str, object]:
    # The one text that is not plain: both of its parts are ours.
    return {"type": "mrkdwn", "text": f"<{link}|{label}>"}


def _plain(text: str, limit: int) -> dict[str, object]:
    return {"type": "plain_text", "text": spelled(text, limit, _ESCAPES), "emoji": False}
