"""`doctor --reach`: name, connection, certificate and clock of every receiver, by the real wire."""

from __future__ import annotations

import asyncio
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, HttpMessage, Reply

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.ports import Route, Transport
    from spec_notify.wiring import Wiring

TOLERANCE = 300_000
"""Milliseconds beyond which receivers refuse a signature (Standard Webhooks)."""
WORRYING = 30_000
_FIXES = {
    Fault.DNS: "check the host in its URL, and this machine's resolver",
    Fault.CONNECT: "is it up, and does a firewall or VPN stand between?",
    Fault.TLS: "it needs a certificate for this very host, in date, from a known authority",
    Fault.REFUSED_ADDRESS: "`allow_private = true` if that address is what you mean",
    Fault.TIMEOUT: "it is slow or a firewall swallows packets; `timeout` of the subscription",
}
_ANY = "see the detail; `spec-notify --test` shows a whole attempt"


class Reached(NamedTuple):
    """One thing found out, as `doctor` shows it: level, about, found, fix."""

    level: str
    about: str
    found: str
    fix: str = ""


def reached(wiring: Wiring) -> list[Reached]:
    """Ask every receiver that is spoken to by HTTP for its headers; off, ask nobody."""
    if not wiring.config.enabled:
        return []
    routes = {name: each for name, each in wiring.routes().items() if _by_http(each)}
    answers = asyncio.run(_ask(wiring, list(routes.values())))
    return [
        finding
        for (name, route), (answer, at) in zip(routes.items(), answers, strict=True)
        for finding in _findings(name, route, answer, at)
    ]


def _by_http(route: Route) -> bool:
    return route.endpoint is not None and _scheme(route) in {"http", "https"}


def _scheme(route: Route) -> str:
    return urlsplit(route.endpoint.url.reveal()).scheme if route.endpoint else ""


async def _ask(wiring: Wiring, routes: list[Route]) -> list[tuple[Reply | Failure, int]]:
    from spec_notify.wiring.wires import transport

    wire = transport(wiring.outbox)
    try:
        return [await _head(wire, each) for each in routes]
    finally:
        await wire.aclose()


async def _head(wire: Transport, route: Route) -> tuple[Reply | Failure, int]:
    from spec_notify.wiring import now

    if route.endpoint is None:
        return Failure(fault=Fault.INVALID, detail=route.why), now()
    subscription = route.subscription
    message = HttpMessage(url=route.endpoint.url, body=b"", method="HEAD")
    answer = await wire.send(
        message, deadline=subscription.timeout, allow_private=subscription.allow_private
    )
    return answer, now()


def _findings(name: str, route: Route, answer: Reply | Failure, at: int) -> Iterator[Reached]:
    if isinstance(answer, Failure):
        fix = _FIXES.get(answer.fault, _ANY)
        yield Reached("fault", "reach", f"{name}: {answer.fault}: {answer.detail}", fix)
        return
    secured = f", {answer.tls}" if answer.tls else ""
    unsecured = " without TLS" if _scheme(route) == "http" else ""
    took = spell_duration(round(answer.timing.total))
    yield Reached("ok", "reach", f"{name}: answered in {took}{secured}{unsecured}")
    yield from _clock(name, answer.header("date"), at)


def _clock(name: str, date: str | None, at: int) -> Iterator[Reached]:
    """Compare clocks: a signature's timestamp is ours, and the receiver's clock judges it."""
    try:
        theirs = round(parsedate_to_datetime(date or "").timestamp() * 1000)
    except (ValueError, OverflowError):
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
