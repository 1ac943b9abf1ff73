"""`spec-notify export ID`: a delivery as a script that anyone can send with curl."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from spec_notify import __version__
from spec_notify.core.errors import SecretError, UsageError
from spec_notify.core.instant import rfc3339
from spec_notify.core.message import Endpoint, HttpMessage, Order, Secret
from spec_notify.core.subscription import Subscription

from .session import session

if TYPE_CHECKING:
    from spec_notify.core.delivery import Delivery
    from spec_notify.core.event import Event
    from spec_notify.ports import Route
    from spec_notify.wiring import Wiring

GOOD_FOR = 300_000
"""Milliseconds a receiver takes a signature's timestamp for fresh (Standard Webhooks)."""
_PLACE = "https://receiver.invalid/"
_UNSAFE = {ord("\\"): "\\\\", ord("'"): "\\0047"}

_SCRIPT = """\
#!/bin/sh
# {about}
# Exported by spec-notify {version}. Needs curl. {signed}
# Send it:  URL='https://...' sh FILE      (the URL is a secret? put it into URL, not on the line)
set -eu
: "${{URL:{default}}}"
body=$(mktemp)
trap 'rm -f "$body"' EXIT
printf '%b' '{body}' > "$body"
# The URL goes in by stdin: what stands on a command line is shown to everybody.
printf 'url = "%s"\\n' "$URL" | curl -q --config - --request {method} \\
{headers}  --data-binary "@$body" --max-time 30 --silent --show-error \\
  --write-out '\\nHTTP %{{http_code}}\\n' --fail
"""


class Exported(NamedTuple):
    """What there is to send, and until when its signature is fresh; None for no signature."""

    message: HttpMessage
    url: str | None
    """None where the config does not state it openly."""
    until: int | None


def register(app: typer.Typer) -> None:
    """Put the command into the app."""
    app.command("export")(export)


def export(
    context: typer.Context,
    id: Annotated[str, typer.Argument(metavar="ID", help="A dlv_ id, or an evt_ with one.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Default: stdout.")
    ] = None,
    sign: Annotated[
        bool,
        typer.Option("--sign", help="Sign it with the current secret: good for five minutes."),
    ] = False,
) -> int:
    """Write a delivery as a shell script around curl: same id, same body, no secret in it.

    Without `--sign` it carries no signature. A URL is in it only when the config states one
    openly; else the script takes it from the variable URL. Nothing is sent, and the delivery
    stays as it is.
    """
    from spec_notify.wiring import now

    here = session(context)
    wiring = here.wiring()
    delivery, event = _delivery(wiring, id)
    exported = _exported(wiring, delivery, event, at=now(), sign=sign)
    if exported.until is None:
        here.talk("it is not signed: a receiver that verifies refuses it; `--sign` signs it")
    if here.answer("export", **_facts(delivery, exported)):
        return 0
    _write(output, _script(delivery, exported).encode("ascii"))
    if output is not None:
        here.talk(f"{output}: send it with `URL=… sh {shlex.quote(output)}`")
    return 0


def _delivery(wiring: Wiring, id: str) -> tuple[Delivery, Event]:
    from spec_notify.ports import Query

    if not id.startswith(("evt_", "dlv_")):
        raise UsageError(f"{id} is no id: one starts with evt_ or dlv_ (`--list` shows them)")
    found = wiring.spool.find(Query(ids=(id,))) if wiring.has_spool else []
    if len(found) > 1:
        names = ", ".join(f"{each.id} ({each.subscription})" for each in found)
        raise UsageError(f"{id} has more than one delivery: export one of {names}")
    event = wiring.spool.event(found[0].event) if found else None
    if event is None:
        raise UsageError(f"no such delivery or event: {id}")
    return found[0], event


def _exported(wiring: Wiring, delivery: Delivery, event: Event, *, at: int, sign: bool) -> Exported:
    route = wiring.routes().get(delivery.subscription)
    subscription = route.subscription if route else Subscription(name=delivery.subscription)
    signs = sign and subscription.signature != "none"
    if signs and (route is None or route.endpoint is None or not route.endpoint.secrets):
        why = route.why if route and route.why else "its subscription has no secret"
        raise SecretError(f"{delivery.subscription}: cannot be signed: {why}")
    message = _rendered(route, delivery, event, at=at, signs=signs)
    return Exported(message=message, url=subscription.url, until=at + GOOD_FOR if signs else None)


def _rendered(
    route: Route | None, delivery: Delivery, event: Event, *, at: int, signs: bool
) -> HttpMessage:
    """Answer the request of the next attempt. Raises UsageError for one curl cannot make safely."""
    from spec_notify.formats import native
    from spec_notify.targets import webhook

    target, format_ = (route.target, route.format) if route else (webhook, native)
    keys = route.endpoint.secrets if route and route.endpoint else ()
    subscription = route.subscription if route else Subscription(name=delivery.subscription)
    order = Order(
        event=event.id,
        type=event.type,
        delivery=delivery.id,
        attempt=delivery.attempts + 1,
        at=at,
        body=format_.spell(event.body),
        content_type=format_.content_type,
        signature=subscription.signature if signs else "none",
        terms=subscription.terms,
        endpoint=Endpoint(url=Secret(_PLACE), secrets=keys),
        user_agent=f"spec-notify/{__version__}",
    )
    kind = subscription.type
    if kind not in {"webhook", "slack", "discord", "teams"}:
        raise UsageError(
            f"a delivery to {kind} cannot be exported: its request is none, or holds its credential"
        )
    message = target.render(order)
    if not isinstance(message, HttpMessage) or any(_holds(message, key) for key in keys):
        raise UsageError(f"a delivery to {kind} cannot be exported: its request holds a secret")
    return message


def _holds(message: HttpMessage, key: Secret) -> bool:
    headers = "\n".join(value for _, value in message.headers)
    return (
        key.reveal() in headers or key.reveal().encode("utf-8", "surrogateescape") in message.body
    )


def _facts(delivery: Delivery, exported: Exported) -> dict[str, Any]:
    message = exported.message
    return {
        "delivery": delivery.id,
        "event": delivery.event,
        "subscription": delivery.subscription,
        "method": message.method,
        "url": exported.url,
        "headers": dict(message.headers),
        "body": message.body.decode("utf-8", "replace"),
        "signed": exported.until is not None,
        "signedUntil": None if exported.until is None else rfc3339(exported.until),
    }


def _script(delivery: Delivery, exported: Exported) -> str:
    message, url = exported.message, exported.url
    missing = "?set URL to where it goes"
    signed = (
        f"Signed: a receiver takes it until {rfc3339(exported.until)}."
        if exported.until is not None
        else "NOT signed: a receiver that verifies refuses it."
    )
    return _SCRIPT.format(
        about=_comment(f"{delivery.type} {delivery.id} for {delivery.subscription}"),
        version=__version__,
        signed=signed,
        default=missing if url is None else f"={_inert(url)}",
        body=_spelled(message.body),
        method=message.method,
        headers="".join(f"  --header {shlex.quote(f'{k}: {v}')} \\\n" for k, v in message.headers),
    )


def _comment(text: str) -> str:
    return "".join(char if " " <= char <= "~" else "?" for char in text)


def _inert(url: str) -> str:
    """Answer a URL as it may stand inside `"${URL:=…}"`."""
    if any(char in url for char in "\"'\\`$}") or not url.isascii() or not url.isprintable():
        raise UsageError("the config's URL holds a character no script can carry; use url_env")
    return url


def _spelled(body: bytes) -> str:
    """Spell a body for `printf %b` between single quotes, in printable ASCII."""
    return "".join(
        _UNSAFE.get(byte, chr(byte)) if 0x20 <= byte < 0x7F else f"\\0{byte:03o}"  # noqa: PLR2004
        for byte in body
    )


def _write(output: str | None, text: bytes) -> None:
    if output is None:
        sys.stdout.write(text.decode("ascii"))
        return
    try:
        file = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise UsageError(f"{output}: {error.strerror}") from error
    with os.fdopen(file, "wb") as stream:
        stream.write(text)
