"""The Discord target: one embed through a webhook URL, which is the secret; Discord signs nothing.

Nobody is mentioned, whatever a document says, and no text of it links or formats. Asked to wait,
Discord answers with the stored message, whose id is our receipt. The end of a run is told in four
lines that others rely on, with links to its server.
https://docs.discord.com/developers/resources/webhook#execute-webhook
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

import msgspec
import orjson

from spec_notify.core.delivery import Outcome, Verdict
from spec_notify.core.event import RUN_FINISHED
from spec_notify.core.message import HttpMessage, Reply
from spec_notify.core.run import ATTENTION, SUCCESS
from spec_notify.targets import _run as run
from spec_notify.targets import webhook
from spec_notify.targets._address import asking
from spec_notify.targets._card import Card, Tone, card, spelled
from spec_notify.targets._sentences import read, table

if TYPE_CHECKING:
    from spec_notify.core.message import Failure, Order

# Discord's own are 2000, 256, 4096, 256 and 1024, and 6000 over an embed: these add up to less.
_CONTENT_LIMIT = 1500
_TITLE_LIMIT = 256
_DESCRIPTION_LIMIT = 1500
_NAME_LIMIT = 64
_VALUE_LIMIT = 256
_MOST_FIELDS = 10
_ID_LIMIT = 240
_ESCAPES = {char: f"\\{char}" for char in "\\`*_~|<[]"}
_COLOURS = {Tone.GOOD: 0x2DA44E, Tone.WAITING: 0xBF8700, Tone.BAD: 0xCF222E, Tone.PLAIN: 0x57606A}
_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_EVENT = re.compile(r"evt_[a-z2-7]{26}")
_NEVER_AGAIN = {401, 403, 404}
_UNKNOWN_WEBHOOK = 10015
_TOO_MANY = 429
_LONGEST_WISH = 10**10


def render(order: Order) -> HttpMessage:
    """Answer the message of one attempt; a body that says nothing of a task names the event."""
    said = card(order.type, order.body)
    told = table(read(order.body), "data") if order.type == RUN_FINISHED else {}
    message = {
        "content": run.four_lines(told, _name) or spelled(said.headline, _CONTENT_LIMIT, _ESCAPES),
        "embeds": [_embed(said, order) | _finish(told, said)],
        "allowed_mentions": {"parse": []},
    }
    headers = (
        ("content-type", "application/json"),
        ("user-agent", webhook.header_text(order.user_agent)),
    )
    url = asking(order.endpoint.url, "wait", "true")
    return HttpMessage(url=url, headers=headers, body=orjson.dumps(message))


def _embed(said: Card, order: Order) -> dict[str, object]:
    fields = [_field(label, value) for label, value in said.facts]
    embed: dict[str, object] = {
        "title": spelled(said.kind, _TITLE_LIMIT, _ESCAPES),
        "color": _COLOURS[said.tone],
        "fields": fields[:_MOST_FIELDS],
    }
    if said.place:
        embed["description"] = spelled(said.place, _DESCRIPTION_LIMIT, _ESCAPES)
    if said.at:
        embed["timestamp"] = said.at
    # A footer is never read as Markdown, and an id is there to be copied.
    if _EVENT.fullmatch(order.event):
        embed["footer"] = {"text": f"spec-notify · {order.event}"}
    return embed


def _finish(told: dict[str, Any], said: Card) -> dict[str, object]:
    """Answer what the embed of a run's end says in its own way; nothing for other events."""
    id_, status = told.get("runId"), told.get("status")
    if not isinstance(id_, str) or status not in {SUCCESS, ATTENTION}:
        return {}
    fields = [_field("Status", status), *(_field(label, value) for label, value in said.facts)]
    if not told.get("createdAt"):
        fields.append(_field("Created", "not known"))
    links = [{"name": label, "value": link, "inline": False} for label, link in said.links]
    title = f"Run finished: {run.named(id_, _name)}"
    return {"title": title, "fields": fields[: _MOST_FIELDS - len(links)] + links}


def _name(text: str) -> str:
    return spelled(text, _ID_LIMIT, _ESCAPES)


def _field(label: str, value: str) -> dict[str, object]:
    return {
        "name": spelled(label, _NAME_LIMIT, _ESCAPES),
        "value": spelled(value, _VALUE_LIMIT, _ESCAPES),
        "inline": True,
    }


def judge(answer: Reply | Failure, *, strict: bool, now: int) -> Outcome:
    """Judge as a webhook, but never ask again what Discord refused.

    10,000 requests refused in ten minutes get an address banned, so 401, 403 and 404 are final
    even without `strict`; a webhook that was deleted is gone, as if Discord had said 410. The
    later of the two waits a 429 asks for counts, in its header and, in fractions, in its body.
    """
    outcome = webhook.judge(answer, strict=strict, now=now)
    if not isinstance(answer, Reply):
        return outcome
    said = read(answer.body)
    if outcome.verdict is Verdict.DELIVERED:
        return msgspec.structs.replace(outcome, detail=outcome.detail + _receipt(said))
    if answer.status in _NEVER_AGAIN:
        return _refused(outcome, said)
    if answer.status == _TOO_MANY:
        wishes = [each for each in (outcome.retry_after, _wish(said)) if each is not None]
        return msgspec.structs.replace(outcome, retry_after=max(wishes, default=None))
    return outcome


def _receipt(said: dict[str, Any]) -> str:
    stored = said.get("id")
    known = isinstance(stored, str) and _SNOWFLAKE.fullmatch(stored)
    return f": stored as message {stored}" if known else ""


def _refused(outcome: Outcome, said: dict[str, Any]) -> Outcome:
    if outcome.status == 404 and said.get("code") == _UNKNOWN_WEBHOOK:  # noqa: PLR2004 - HTTP
        verdict, why = Verdict.GONE, "the webhook was deleted; parked until its URL changes"
    else:
        verdict, why = Verdict.REJECTED, "asking again risks a ban; mend the URL, then replay"
    detail = f"{outcome.detail}: {why}"
    return msgspec.structs.replace(outcome, verdict=verdict, detail=detail, retry_after=None)


def _wish(said: dict[str, Any]) -> int | None:
    """Read the seconds a 429's body asks for, rounded up: never earlier than asked."""
    seconds = said.get("retry_after")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        return None
    return math.ceil(seconds * 1000) if 0 < seconds < _LONGEST_WISH else None
