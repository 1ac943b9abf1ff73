"""The PagerDuty target: news as change events, which page nobody; our own dead letters as alerts.

Events API v2, https://developer.pagerduty.com/docs/events-api-v2-overview. An alert is opened by
`delivery.dead_lettered` and resolved by `delivery.recovered`, where a subscription lists them.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.event import DEAD_LETTERED, RECOVERED
from spec_notify.core.instant import rfc3339
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.targets import webhook
from spec_notify.targets._address import beneath
from spec_notify.targets._card import Card, card, spelled
from spec_notify.targets._sentences import read, table
from spec_notify.targets._wording import one_line

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order

_SUMMARY_LIMIT = 1024
_VALUE_LIMIT = 1024
_SOURCE_LIMIT = 255
_DEDUP_LIMIT = 255
_COMMITS = {
    "github.com": "/commit/",
    "codeberg.org": "/commit/",
    "gitlab.com": "/-/commit/",
    "bitbucket.org": "/commits/",
}
_REPOSITORY = re.compile(r"([a-z.]+)((?:/[A-Za-z0-9._-]{1,100}){2,6})")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_NEVER_AGAIN = 400


def render(order: Order) -> HttpMessage:
    """Answer the request of one attempt. Raises ValueError without a routing key."""
    if not order.endpoint.secrets:
        raise ValueError("PagerDuty needs a routing key")
    ours = order.type in {DEAD_LETTERED, RECOVERED}
    key = webhook.header_text(order.endpoint.secrets[0].reveal())
    asked: dict[str, object] = {"routing_key": key}
    asked |= _alert(order) if ours else _change(order)
    headers = (
        ("accept", "application/json"),
        ("content-type", "application/json"),
        ("user-agent", webhook.header_text(order.user_agent)),
    )
    url = beneath(order.endpoint.url, "/v2/enqueue" if ours else "/v2/change/enqueue")
    return HttpMessage(url=url, headers=headers, body=orjson.dumps(asked))


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, but give up what PagerDuty calls invalid: it would never pass."""
    outcome = webhook.judge(answer, strict=strict, now=now)
    if not isinstance(answer, Reply) or answer.status != _NEVER_AGAIN:
        return outcome
    why = one_line(str(read(answer.body).get("message", "")), 200)
    detail = ": ".join(filter(None, (outcome.detail, why)))
    return msgspec.structs.replace(
        outcome, verdict=Verdict.REJECTED, detail=detail, retry_after=None
    )


def _change(order: Order) -> dict[str, object]:
    data = table(read(order.body), "data")
    said = card(order.type, order.body)
    payload = {
        "summary": spelled(said.headline, _SUMMARY_LIMIT, {}),
        "source": _source(data),
        "timestamp": said.at or rfc3339(order.at),
        "custom_details": _details(order, said),
    }
    links = [{"href": link, "text": label.lower()} for label, link in said.links]
    return {"payload": payload, "links": links or _links(data)}


def _alert(order: Order) -> dict[str, object]:
    """Answer what opens an alert for a subscription, or resolves it: both name the same key."""
    data = table(read(order.body), "data")
    subscription = data.get("subscription")
    key = _dedup_key(subscription if isinstance(subscription, str) else "")
    if order.type == RECOVERED:
        return {"event_action": "resolve", "dedup_key": key}
    said = card(order.type, order.body)
    payload = {
        "summary": spelled(said.headline, _SUMMARY_LIMIT, {}),
        "source": _source(data),
        "severity": "error",
        "timestamp": said.at or rfc3339(order.at),
        "class": order.type,
        "custom_details": _details(order, said),
    }
    return {
        "event_action": "trigger",
        "dedup_key": key,
        "client": "spec-notify",
        "payload": payload,
    }


def _dedup_key(subscription: str) -> str:
    key = f"spec-notify delivery to {subscription}"
    if len(key) <= _DEDUP_LIMIT and key.isascii() and key.isprintable():
        return key
    digest = hashlib.sha256(subscription.encode("utf-8", "surrogatepass")).hexdigest()
    return f"spec-notify delivery to {digest}"


def _source(data: dict[str, Any]) -> str:
    repository = table(data, "git").get("repository")
    named = repository if isinstance(repository, str) else ""
    # A name to group by, not a text to read.
    return one_line(named, _SOURCE_LIMIT) or "spec-notify"


def _details(order: Order, said: Card) -> dict[str, str]:
    lines = [("Where", said.place), *said.facts]
    known = {label: spelled(value, _VALUE_LIMIT, {}) for label, value in lines if value}
    return {"Type": one_line(order.type, 100), **known, "Id": one_line(order.event, 100)}


def _links(data: dict[str, Any]) -> list[dict[str, str]]:
    """Answer the commit's page, where the forge is one whose pages we know."""
    git = table(data, "git")
    repository, commit = str(git.get("repository")), str(git.get("commit"))
    place = _REPOSITORY.fullmatch(repository)
    if place is None or place[1] not in _COMMITS or not _COMMIT.fullmatch(commit):
        return []
    href = f"https://{repository}{_COMMITS[place[1]]}{commit}"
    return [{"href": href, "text": f"commit {commit[:8]}"}]
