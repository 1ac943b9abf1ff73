"""The Slack target: a short message through an incoming webhook, in Block Kit and as plain text.

Nothing a document says can mention, link or format: every text is plain and escaped. Slack knows
no signature; its URL is the secret. https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.targets import webhook

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.core.message import Failure, Order

_SECTION_LIMIT = 3000
_CONTEXT_LIMIT = 2000
_ESCAPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_CODE = re.compile(rb"[a-z_]{1,64}")
_FINE = (b"ok", b'{"ok":true}')


def render(order: Order) -> HttpMessage:
    """Answer the message of one attempt; a body that says nothing of a task names the event."""
    body = _read(order.body)
    headline = _headline(order.type, body)
    place = _place(body)
    blocks: list[dict[str, object]] = [
        {"type": "section", "text": _plain(headline, _SECTION_LIMIT)}
    ]
    if place:
        blocks.append({"type": "context", "elements": [_plain(place, _CONTEXT_LIMIT)]})
    message = {
        "text": _fit(f"{headline} ({place})" if place else headline, _SECTION_LIMIT),
        "blocks": blocks,
        "parse": "none",
        "link_names": False,
        "mrkdwn": False,
        "unfurl_links": False,
        "unfurl_media": False,
    }
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


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return _table(found, "data")


def _table(found: object, key: str) -> dict[str, Any]:
    inner = found.get(key) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _words(values: Iterable[object]) -> list[str]:
    return [str(value) for value in values if isinstance(value, str | int) and str(value).strip()]


def _headline(type_: str, body: dict[str, Any]) -> str:
    """Say `T49 Write the page → Done`, as far as the body knows."""
    task = _table(body, "task")
    name = " ".join(_words((task.get("id"), task.get("title"))))
    said = " → ".join(_words((name, task.get("status")))) or type_
    return f"Test: {said}" if body.get("test") is True else said


def _place(body: dict[str, Any]) -> str:
    """Say `SPEC-KIT-075 · SPEC.md:27 · main · 1a2b3c4d`, as far as the body knows."""
    spec, task, git = (_table(body, key) for key in ("spec", "task", "git"))
    document = ":".join(_words((task.get("document"), task.get("line"))))
    commit = git.get("commit")
    short = commit[:8] if isinstance(commit, str) else None
    return " · ".join(_words((spec.get("id"), document, git.get("branch"), short)))


def _plain(text: str, limit: int) -> dict[str, object]:
    return {"type": "plain_text", "text": _fit(text, limit), "emoji": False}


def _fit(text: str, limit: int) -> str:
    """Answer one line without invisible characters, escaped, at most `limit` code points long."""
    visible = "".join(char for char in text if char.isprintable() or char.isspace())
    escaped = [_ESCAPES.get(char, char) for char in " ".join(visible.split())]
    if sum(map(len, escaped)) <= limit:
        return "".join(escaped)
    room = limit - 1
    kept = []
    for piece in escaped:
        room -= len(piece)
        if room < 0:
            break
        kept.append(piece)
    return "".join(kept) + "…"
