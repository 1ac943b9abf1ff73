"""The entries of a manifest's delivery list as routes: where to, in which dialect, or why not.

One that cannot be sent is a route, too: its one attempt fails with the reason, as evidence says.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, cast

import msgspec
import orjson

from spec_notify.core.config import shown_url
from spec_notify.core.errors import UndeliverableError
from spec_notify.core.message import Endpoint, Secret
from spec_notify.core.retry import schedule
from spec_notify.core.subscription import Subscription
from spec_notify.formats import native
from spec_notify.ports import Route
from spec_notify.targets import webhook

from .team_lines import LINES, Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from spec_notify.core.message import Message, Order
    from spec_notify.core.team import Recipient
    from spec_notify.disk.credentials import Credentials
    from spec_notify.ports import Format

    from .team_lines import Manner

_DIGITS = 12


class _Refusing(msgspec.Struct, frozen=True):
    """The target of an entry that cannot be sent."""

    why: str

    def render(self, _: Order) -> Message:
        raise UndeliverableError(self.why)

    judge = staticmethod(webhook.judge)


def team_routes(
    recipients: Iterable[Recipient], team: str, credentials: Credentials, manner: Manner
) -> dict[str, Route]:
    """Answer a route for each entry, in order, by a name that is the same for the same entry.

    `team` is whose entries they are. Equal ones are counted: each is told.
    """
    routes: dict[str, Route] = {}
    for each in recipients:
        name, again = _name(each, team, 1), 1
        while name in routes:
            again += 1
            name = _name(each, team, again)
        routes[name] = _route(name, each, credentials, manner)
    return routes


def shown_target(recipient: Recipient) -> str:
    """Answer whom an entry means: of a URL scheme and host, a channel, addresses, or a folder."""
    if recipient.type == "webhook":
        return shown_url(recipient.url) if recipient.url else ""
    return recipient.channel or ",".join(recipient.to) or recipient.folder or ""


def _name(recipient: Recipient, team: str, count: int) -> str:
    kind = recipient.type if recipient.type in LINES else "unknown"
    told = orjson.dumps([team, msgspec.to_builtins(recipient), count])
    return f"{kind}-{hashlib.sha256(told).hexdigest()[:_DIGITS]}"


def _route(name: str, each: Recipient, credentials: Credentials, manner: Manner) -> Route:
    try:
        line = _line(each, credentials, manner)
    except UndeliverableError as error:
        line = _refused(str(error))
    url = line.endpoint.url.reveal()
    return Route(
        subscription=Subscription(
            name=name,
            type=each.type if each.type in LINES else "webhook",
            events=(),
            format="team",
            signature="standard" if line.signed else "none",
            # What a receiver refuses for good, a Job must not ask again and again.
            strict=True,
            allow_private=manner.allow_private,
            retry=schedule(["1s", "2s", "4s"], max_attempts=manner.attempts),
            terms=line.terms,
        ),
        target=line.target,
        format=line.format,
        endpoint=line.endpoint,
        mark=hashlib.sha256(f"endpoint {url or name}".encode()).hexdigest(),
    )


def _refused(why: str) -> Line:
    endpoint = Endpoint(url=Secret(""))
    return Line(target=_Refusing(why), format=cast("Format", native), endpoint=endpoint)


def _line(each: Recipient, credentials: Credentials, manner: Manner) -> Line:
    if each.type not in LINES:
        why = f"delivery type not yet implemented: {orjson.dumps(each.type).decode()}"
        raise UndeliverableError(f"{why}: {each.fault}" if each.fault else why)
    if each.fault:
        raise UndeliverableError(each.fault)
    return LINES[each.type](each, credentials, manner)
