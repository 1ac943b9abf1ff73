"""The Teams target: an Adaptive Card for a Workflows webhook, whose URL is the secret.

A flow that took the card answers 202; whether it then posts is between the flow and Teams. The
query of the URL is a signature and goes out as it was written.
https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.targets import webhook
from spec_notify.targets._card import Tone, card, spelled

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order

# Together under 5,000 UTF-16 units: 10 kB where Teams counts two bytes each, 15 kB as UTF-8.
_HEADLINE_LIMIT = 1000
_PLACE_LIMIT = 600
_NAME_LIMIT = 64
_VALUE_LIMIT = 200
_MOST_FACTS = 10
_ESCAPES = {char: f"\\{char}" for char in "\\`*_~<[]{"}
_CARD = "application/vnd.microsoft.card.adaptive"
_COLOURS = {Tone.GOOD: "good", Tone.WAITING: "warning", Tone.BAD: "attention"}
_ACCEPTED = 202


def render(order: Order) -> HttpMessage:
    """Answer the message of one attempt; a body that says nothing of a task names the event."""
    said = card(order.type, order.body)
    body: list[dict[str, object]] = [
        _text(said.kind, _PLACE_LIMIT, isSubtle=True, size="small"),
        _text(
            said.headline,
            _HEADLINE_LIMIT,
            weight="bolder",
            color=_COLOURS.get(said.tone, "default"),
        ),
    ]
    if said.place:
        body.append(_text(said.place, _PLACE_LIMIT, isSubtle=True, spacing="none"))
    if facts := [_fact(label, value) for label, value in said.facts]:
        body.append({"type": "FactSet", "facts": facts[:_MOST_FACTS]})
    headers = (
        ("content-type", "application/json"),
        ("user-agent", webhook.header_text(order.user_agent)),
    )
    posted = orjson.dumps(_posted(body, said.links))
    return HttpMessage(url=order.endpoint.url, headers=headers, body=posted)


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, and say of a 202 no more than it means."""
    outcome = webhook.judge(answer, strict=strict, now=now)
    taken = isinstance(answer, Reply) and answer.status == _ACCEPTED
    if not taken or outcome.verdict is not Verdict.DELIVERED:
        return outcome
    return msgspec.structs.replace(outcome, detail=f"{outcome.detail}: the flow took it")


def _posted(body: list[dict[str, object]], links: tuple[tuple[str, str], ...]) -> dict[str, object]:
    actions = [{"type": "Action.OpenUrl", "title": label, "url": link} for label, link in links]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        **({"actions": actions} if actions else {}),
    }
    attachment = {"contentType": _CARD, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _text(text: str, limit: int, **look: object) -> dict[str, object]:
    said = spelled(text, limit, _ESCAPES)
    return {"type": "TextBlock", "text": said, "wrap": True, **look}


def _fact(label: str, value: str) -> dict[str, object]:
    return {
        "title": spelled(label, _NAME_LIMIT, _ESCAPES),
        "value": spelled(value, _VALUE_LIMIT, _ESCAPES),
    }
