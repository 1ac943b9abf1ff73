"""The SMTP transport: one mail to all its recipients or to none, all within a deadline.

`smtps://` speaks TLS from the first byte, `smtp://` after STARTTLS, which is not optional. The
one exception is a server on this very machine that offers none, where `allow_private` opens
loopback at all; a password is never sent in clear text, not even there.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from ipaddress import ip_address
from typing import TYPE_CHECKING, TypeGuard
from urllib.parse import urlsplit

import aiosmtplib
from msgspec.structs import replace

from spec_notify.core.addresses import is_mailbox, malformed, off_limits
from spec_notify.core.message import Failure, Fault, Flaw, Leg, Reply, Timing
from spec_notify.transports.attempt import PROGRESS, DialError, Progress, since
from spec_notify.transports.dialer import GuardedDialer, resolve
from spec_notify.transports.handshake import handshake_failed, ran_out
from spec_notify.transports.line import Line, connect
from spec_notify.transports.pool import ssl_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable

    import httpcore

    from spec_notify.core.message import MailMessage
    from spec_notify.transports.dialer import Resolver, Wire

_PORTS = {"smtps": 465, "smtp": 587}
_GOODBYE = 0.5
"""Seconds for a QUIT to be answered; the mail is accepted or refused by then."""
_TEXT_LIMIT = 16 * 1024
_CODES = range(200, 600)


class SmtpTransport:
    """A guarded wire to mail servers (`transports.wires.Wire`); every mail has its connection."""

    def __init__(
        self,
        *,
        tls: ssl.SSLContext | None = None,
        resolver: Resolver = resolve,
        wire: Wire = connect,
    ) -> None:
        self._tls = tls
        self._resolver = resolver
        self._wire = wire

    async def send(
        self, message: MailMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Send one mail within `deadline` ms; the reply is the server's last word on it.

        One refused recipient stops it before any text is sent: nobody gets a mail that the
        evidence calls failed. Every failure is a value.
        """
        # The library would read another address out of what is none.
        if not all(map(is_mailbox, (message.sender, *message.recipients))):
            return _said(Fault.INVALID, "the sender or a recipient is no address")
        return await self._hold(message, deadline, allow_private=allow_private, post=True)

    async def greet(
        self, message: MailMessage, *, deadline: int, allow_private: bool
    ) -> Reply | Failure:
        """Connect, greet and speak TLS as a mail would; nobody logs in, and nothing is sent."""
        return await self._hold(message, deadline, allow_private=allow_private, post=False)

    async def _hold(
        self, message: MailMessage, deadline: int, *, allow_private: bool, post: bool
    ) -> Reply | Failure:
        url = message.url.reveal()
        if why := malformed(url, tuple(_PORTS)):
            return _said(Fault.INVALID, why)
        if why := off_limits(url, allow_private=allow_private):
            return _said(Fault.REFUSED_ADDRESS, why)
        dialer = GuardedDialer(
            allow_private=allow_private, resolver=self._resolver, wire=self._wire
        )
        talk = _Talk(message, self._tls or ssl_context())
        try:
            async with asyncio.timeout(deadline / 1000):
                await talk.hold(dialer, post=post)
        except (OSError, ValueError, DialError, aiosmtplib.SMTPException) as error:
            if talk.last is None:
                return talk.failure(error, deadline)
        finally:
            await talk.end()
        return talk.reply()

    async def aclose(self) -> None:
        """Nothing is kept."""


class _Talk:
    """One conversation with a server, and how far it came."""

    def __init__(self, message: MailMessage, tls: ssl.SSLContext) -> None:
        self._message = message
        self._tls = tls
        self._progress = Progress()
        self._legs: list[Leg] = []
        self._client: aiosmtplib.SMTP | None = None
        self._version: str | None = None
        self.last: aiosmtplib.SMTPResponse | None = None

    async def hold(self, dialer: GuardedDialer, *, post: bool) -> None:
        PROGRESS.set(self._progress)
        url = urlsplit(self._message.url.reveal())
        host = url.hostname or ""
        line = await dialer.connect_tcp(host, url.port or _PORTS[url.scheme])
        client = self._client = _client(line, host, self._tls, secure=url.scheme == "smtps")
        try:
            await self._say("CONNECT", client.connect())
            greeted = await self._say("EHLO", client.ehlo())
            if url.scheme == "smtp":
                await self._secure(client)
            if not post:
                self.last = greeted
                return
            if self._message.password is not None:
                await self._log_in(client)
            await self._post(client)
        except aiosmtplib.SMTPResponseException as refusal:
            self.last = aiosmtplib.SMTPResponse(refusal.code, refusal.message)

    async def _secure(self, client: aiosmtplib.SMTP) -> None:
        if not client.supports_extension("starttls"):
            here = ip_address(self._progress.address or "").is_loopback
            if here and self._message.password is None:
                return
            why = "the server offers no STARTTLS: use smtps:// or another"
            raise DialError(Fault.TLS, why, Flaw.NO_TLS)
        began = asyncio.get_running_loop().time()
        await self._say("STARTTLS", client.starttls())
        self._progress.tls = (asyncio.get_running_loop().time() - began) * 1000
        await self._say("EHLO", client.ehlo())

    async def _log_in(self, client: aiosmtplib.SMTP) -> None:
        if not client.supported_auth_methods:
            raise DialError(Fault.PROTOCOL, "the server takes no password: neither PLAIN nor LOGIN")
        name, password = self._message.username, self._message.password
        if name is not None and password is not None:
            await self._say("AUTH", client.login(name, password.reveal()))

    async def _post(self, client: aiosmtplib.SMTP) -> None:
        await self._say("MAIL", client.mail(self._message.sender))
        for number, recipient in enumerate(self._message.recipients, 1):
            await self._say(f"RCPT {number}", client.rcpt(recipient))
        self.last = await self._say("DATA", client.data(self._message.body))

    async def _say(
        self, asked: str, talk: Awaitable[aiosmtplib.SMTPResponse]
    ) -> aiosmtplib.SMTPResponse:
        self._progress.phase = f"waiting for the answer to {asked}"
        self._legs.append(Leg(asked=asked))
        try:
            said = await talk
        except aiosmtplib.SMTPResponseException as refusal:
            self._legs[-1] = Leg(asked=asked, status=refusal.code)
            raise
        self._legs[-1] = Leg(asked=asked, status=said.code)
        self._note_tls()
        return said

    def _note_tls(self) -> None:
        if self._client is not None and self._client.is_connected:
            session = self._client.get_transport_info("ssl_object")
            self._version = session.version() if session else None

    async def end(self) -> None:
        """Say goodbye if there is somebody to say it to, and hang up."""
        client = self._client
        if client is None:
            return
        transport = client.transport
        # A mere reset could make a server doubt what it has just accepted.
        if self.last is not None and client.is_connected:
            with suppress(TimeoutError, OSError, aiosmtplib.SMTPException):
                async with asyncio.timeout(_GOODBYE):
                    await client.quit()
        client.close()
        # Closing politely under TLS waits for the other side.
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        await asyncio.sleep(0)

    def reply(self) -> Reply | Failure:
        if self.last is None or self.last.code not in _CODES:
            return self._failed(_said(Fault.PROTOCOL, "the server's answer is not SMTP"))
        return Reply(
            status=self.last.code,
            body=self._without_addresses(self.last.message)[:_TEXT_LIMIT],
            address=self._progress.address,
            timing=self._timing(),
            tls=self._version,
            legs=tuple(self._legs),
        )

    def failure(self, error: Exception, deadline: int) -> Failure:
        return self._failed(_explain(error, self._progress.phase, deadline))

    def _failed(self, failure: Failure) -> Failure:
        return replace(
            failure,
            address=self._progress.address,
            timing=self._timing(),
            legs=tuple(self._legs),
        )

    def _without_addresses(self, text: str) -> bytes:
        """Answer a server's words without the persons they name (contract, section 5)."""
        for address in (self._message.sender, *self._message.recipients):
            text = text.replace(address, "[address]")
        return text.encode("utf-8", "replace")

    def _timing(self) -> Timing:
        progress = self._progress
        return Timing(
            dns=progress.dns,
            connect=progress.connect,
            tls=progress.tls,
            total=since(progress.started),
        )


def _client(
    line: httpcore.AsyncNetworkStream, host: str, tls: ssl.SSLContext, *, secure: bool
) -> aiosmtplib.SMTP:
    if not isinstance(line, Line):
        raise TypeError("this wire gives no socket")
    client = aiosmtplib.SMTP(
        hostname=host,
        sock=line.socket,
        use_tls=secure,
        start_tls=False,
        tls_context=tls,
        # What this machine is called is nobody's business.
        local_hostname="[127.0.0.1]",
        timeout=None,
    )
    # CRAM-MD5 proves less than TLS does, and wants the password in clear text on the server.
    client.AUTH_METHODS = ("plain", "login")
    return client


def _in_handshake(cause: BaseException | None) -> TypeGuard[OSError]:
    return isinstance(cause, OSError) and not isinstance(cause, aiosmtplib.SMTPException)


def _explain(error: Exception, phase: str, deadline: int) -> Failure:
    # The library's own words may quote the server: never used.
    cause = error.__cause__
    match error:
        case DialError():
            return Failure(fault=error.fault, detail=error.detail, flaw=error.flaw)
        case aiosmtplib.SMTPConnectError() if _in_handshake(cause):
            return _explain(handshake_failed(cause), phase, deadline)
        case aiosmtplib.SMTPException():
            return _said(Fault.PROTOCOL, f"the connection closed {phase}")
        case TimeoutError():
            return ran_out(phase, deadline)
        case OSError() if phase.endswith("STARTTLS"):
            return _explain(handshake_failed(error), phase, deadline)
        case OSError():
            return _said(Fault.PROTOCOL, f"the connection broke {phase}")
        case _:
            return _said(Fault.INVALID, "the mail cannot be sent: check the user name")


def _said(fault: Fault, detail: str) -> Failure:
    return Failure(fault=fault, detail=detail)
