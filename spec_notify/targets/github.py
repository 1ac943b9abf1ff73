"""The GitHub target: a `repository_dispatch` that starts workflows, with our body in its payload.

https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event. GitHub answers 204
whether or not a workflow listens.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.core.retry import parse_retry_after
from spec_notify.targets import webhook
from spec_notify.targets._address import beneath
from spec_notify.targets._sentences import read, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.message import Failure, Order

API_VERSION = "2022-11-28"
KEY = "spec_notify"
"""The one property of the client payload: GitHub takes ten at most, our body has more in it."""
_TYPE_LIMIT = 100
_PAYLOAD_LIMIT = 60_000
"""Bytes; GitHub refuses 65,536 and more."""
_ESSENTIAL = ("idempotencyKey", "spec", "task", "transition", "git", "stage", "pipeline", "test")
_HEAD = ("type", "timestamp", "schemaVersion", "id")
_LONGEST_ID = 200
_FORBIDDEN, _NOT_THERE, _WRONG, _TOO_MANY = 403, 404, 422, 429
_REST = 60_000
"""What GitHub asks for where a throttling answer names no time."""
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_HINTS = {
    401: "the token is not known: renew it",
    _FORBIDDEN: "the token may not write here: it needs contents: write",
    _NOT_THERE: "there is no such repository for this token",
    _WRONG: "GitHub does not take this payload",
}


def render(order: Order) -> HttpMessage:
    """Answer the request of one attempt. Raises ValueError without a repository or a token."""
    if order.terms.repository is None or not order.endpoint.secrets:
        raise ValueError("a dispatch needs a repository and a token")
    asked = {
        "event_type": webhook.header_text(order.type)[:_TYPE_LIMIT] or "spec-notify",
        "client_payload": {KEY: _payload(order)},
    }
    token = order.endpoint.secrets[0].reveal()
    headers = (
        ("accept", "application/vnd.github+json"),
        ("authorization", webhook.header_text(f"Bearer {token}")),
        ("content-type", "application/json"),
        ("user-agent", webhook.header_text(order.user_agent)),
        ("x-github-api-version", API_VERSION),
    )
    url = beneath(order.endpoint.url, f"/repos/{order.terms.repository}/dispatches")
    return HttpMessage(url=url, headers=headers, body=orjson.dumps(asked))


def _payload(order: Order) -> dict[str, Any]:
    """Answer the body, or as much of it as fits, which then says `truncated`."""
    return next(each for each in _shorter(order) if _size(each) <= _PAYLOAD_LIMIT)


def _shorter(order: Order) -> Iterator[dict[str, Any]]:
    body = read(order.body)
    if body:
        yield body
        told = table(body, "data")
        head = {key: body[key] for key in _HEAD if key in body}
        data = {key: told[key] for key in _ESSENTIAL if key in told}
        yield {**head, "data": data, "truncated": True}
    known = (webhook.header_text(each)[:_LONGEST_ID] for each in (order.type, order.event))
    yield {**dict(zip(("type", "id"), known, strict=True)), "truncated": True}


def _size(payload: dict[str, Any]) -> int:
    return len(orjson.dumps({KEY: payload}))


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, but give up a payload that GitHub does not take, and heed its clock.

    A wait is asked for by `Retry-After`, by an exhausted `x-ratelimit-remaining` together with
    its reset, or by a 429 alone: then it is a minute.
    """
    outcome = webhook.judge(answer, strict=strict, now=now)
    if not isinstance(answer, Reply) or outcome.verdict is Verdict.DELIVERED:
        return outcome
    if answer.status == _WRONG:
        outcome = msgspec.structs.replace(outcome, verdict=Verdict.REJECTED, retry_after=None)
    if answer.status in {_FORBIDDEN, _TOO_MANY}:
        wish = _wish(answer, outcome, now)
        if wish is not None:
            detail = f"{outcome.detail}: GitHub asks for a pause"
            return msgspec.structs.replace(
                outcome, verdict=Verdict.RETRY, detail=detail, retry_after=wish
            )
    hint = _HINTS.get(answer.status)
    return msgspec.structs.replace(outcome, detail=": ".join(filter(None, (outcome.detail, hint))))


def _wish(reply: Reply, outcome: Outcome, now: int) -> int | None:
    """Answer for how many milliseconds GitHub asks to be left alone; None: it is no throttling."""
    asked = reply.header("retry-after") if outcome.verdict is Verdict.REJECTED else None
    wishes = [outcome.retry_after, parse_retry_after(asked, now=now), _reset(reply, now)]
    known = [wish for wish in wishes if wish is not None]
    slowed = reply.status == _TOO_MANY or b"secondary rate limit" in reply.body.lower()
    return max(known) if known else _REST if slowed else None


def _reset(reply: Reply, now: int) -> int | None:
    if (reply.header("x-ratelimit-remaining") or "").strip() != "0":
        return None
    reset = (reply.header("x-ratelimit-reset") or "").strip()
    return max(0, int(reset) * 1000 - now) if _DIGITS.fullmatch(reset) else None
