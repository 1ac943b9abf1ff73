"""`doctor --reach`: name, connection, certificate and clock of every receiver, by the real wire."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple, TypedDict
from urllib.parse import urlsplit

from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, Flaw, HttpMessage, MailMessage, Reply, Secret
from spec_notify.core.retry import parse_http_date

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.ports import Route
    from spec_notify.wiring import Wiring

TOLERANCE = 300_000
"""Milliseconds beyond which receivers refuse a signature (Standard Webhooks)."""
WORRYING = 30_000
_MAIL = frozenset(("smtp", "smtps"))
_ASKED = _MAIL | {"http", "https"}
_FIXES = {
    Fault.DNS: "check the host in its URL, and this machine's resolver",
    Fault.CONNECT: "is it up, is the port right, and does a firewall or VPN stand between?",
    Fault.TLS: "it needs a certificate for this very host, in date, from a known authority",
    Fault.REFUSED_ADDRESS: "`allow_private = true` if that address is what you mean",
    Fault.TIMEOUT: "it is slow; `timeout` of the subscription may be raised",
}
_RESOLVER = "this machine's resolver gave no answer: look at the network, the VPN, resolv.conf"
EXACT_FIXES = {
    Flaw.UNKNOWN_HOST: "no such host: check its spelling; an internal name needs its resolver",
    Flaw.RESOLVER: _RESOLVER,
    Flaw.SLOW_LOOKUP: _RESOLVER,
    Flaw.SLOW_CONNECT: "a firewall may swallow the packets: check host, port and VPN",
    Flaw.EXPIRED: "its owner must renew the certificate; or is this machine's clock ahead?",
    Flaw.NOT_YET_VALID: "is this machine's clock behind? Else the certificate must be reissued",
    Flaw.WRONG_HOST: "write the host the certificate is for into the URL, or have one for this",
    Flaw.SELF_SIGNED: "it needs a certificate that a public authority signed; no setting waives it",
    Flaw.UNKNOWN_AUTHORITY: "its authority is not public, or the server must send the certificates "
    "in between; or does a proxy on the way open TLS?",
    Flaw.WEAK: "the certificate's key or digest is too weak: it needs a new one",
    Flaw.TLS_VERSION: "the receiver must speak TLS 1.2 or 1.3 with a current cipher",
    Flaw.WANTS_CERTIFICATE: "it asks for a client certificate, and there is no way to give one",
    Flaw.NO_TLS: "nothing speaks TLS there: check the port; plain http:// needs `allow_private`",
    Flaw.HUNG_UP: "it hangs up: is this its TLS port, does it serve this host, is a proxy between?",
    Flaw.SLOW_HANDSHAKE: "it takes connections and says nothing: is this its TLS port?",
}
_ANY = "see the detail; `spec-notify --test` shows a whole attempt"


class Reached(NamedTuple):
    """One thing found out, as `doctor` shows it: level, about, found, fix."""

    level: str
    about: str
    found: str
    fix: str = ""


def reached(wiring: Wiring) -> list[Reached]:
    """Ask every receiver that is spoken to by HTTP or SMTP for a greeting; off, ask nobody."""
    if not wiring.config.enabled:
        return []
    routes = {name: each for name, each in wiring.routes().items() if _scheme(each) in _ASKED}
    answers = asyncio.run(_ask(list(routes.values())))
    return [
        finding
        for (name, route), (answer, at) in zip(routes.items(), answers, strict=True)
        for finding in _findings(name, route, answer, at)
    ]


def _scheme(route: Route) -> str:
    return urlsplit(route.endpoint.url.reveal()).scheme if route.endpoint else ""


async def _ask(routes: list[Route]) -> list[tuple[Reply | Failure, int]]:
    # All at once: those that hang hold up nobody but this command, and only once.
    return await asyncio.gather(*(_greeting(each) for each in routes))


async def _greeting(route: Route) -> tuple[Reply | Failure, int]:
    from spec_notify.wiring import now

    answer = await (_greet if _scheme(route) in _MAIL else _head)(route)
    return answer, now()


async def _head(route: Route) -> Reply | Failure:
    from spec_notify.transports.http import HttpTransport

    message = HttpMessage(url=_url(route), body=b"", method="HEAD")
    wire = HttpTransport()
    try:
        return await wire.send(message, **_terms(route))
    finally:
        await wire.aclose()


async def _greet(route: Route) -> Reply | Failure:
    from spec_notify.transports.smtp import SmtpTransport

    message = MailMessage(url=_url(route), body=b"", sender="", recipients=())
    return await SmtpTransport().greet(message, **_terms(route))


def _url(route: Route) -> Secret:
    return route.endpoint.url if route.endpoint else Secret("")


class _Terms(TypedDict):
    deadline: int
    allow_private: bool


def _terms(route: Route) -> _Terms:
    subscription = route.subscription
    return {"deadline": subscription.timeout, "allow_private": subscription.allow_private}


def _findings(name: str, route: Route, answer: Reply | Failure, at: int) -> Iterator[Reached]:
    if isinstance(answer, Failure):
        yield Reached("fault", "reach", f"{name}: {_told(answer)}: {answer.detail}", _fix(answer))
        return
    secured = f", {answer.tls}" if answer.tls else " without TLS"
    took = spell_duration(round(answer.timing.total))
    yield Reached("ok", "reach", f"{name}: answered in {took}{secured}")
    if _scheme(route) not in _MAIL:
        yield from _clock(name, answer.header("date"), at)


def _told(failure: Failure) -> str:
    exact = f" ({failure.flaw.replace('_', ' ')})" if failure.flaw else ""
    return f"{failure.fault}{exact}"


def _fix(failure: Failure) -> str:
    general = _FIXES.get(failure.fault, _ANY)
    return EXACT_FIXES.get(failure.flaw, general) if failure.flaw else general


def _clock(name: str, date: str | None, at: int) -> Iterator[Reached]:
    """Compare clocks: a signature's timestamp is ours, and the receiver's clock judges it."""
    theirs = parse_http_date(date or "")
    if theirs is None:
        yield Reached("ok", "clock", f"{name}: it does not say what time it is")
        return
    off = abs(at - theirs) // 1000 * 1000
    found = f"{name}: {spell_duration(off) if off else 'less than 1s'} apart"
    if off < WORRYING:
        yield Reached("ok", "clock", found)
        return
    level = "fault" if off >= TOLERANCE else "warn"
    yield Reached(
        level, "clock", found, "set this clock by NTP: a signature over 5m off is refused"
    )
