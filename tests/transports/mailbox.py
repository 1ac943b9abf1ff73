"""A real mail server on the loopback, and one that says only what its script says."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from .conftest import free_port

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

    from aiosmtpd.smtp import SMTP, Envelope, Session

LOGIN = ("notify@example.org", "c4n4ry-password")


class Mailbox:
    """What arrived, and how: `refuse` answers one recipient with a line of its own."""

    def __init__(self, refuse: dict[str, str] | None = None) -> None:
        self._refuse = refuse or {}
        self.mails: list[Envelope] = []
        self.secure: list[bool] = []
        self.authenticated: list[bool] = []

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self._refuse:
            return self._refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert server.transport is not None
        self.mails.append(envelope)
        self.secure.append(server.transport.get_extra_info("sslcontext") is not None)
        self.authenticated.append(bool(session.authenticated))
        return "250 2.0.0 kept for team@example.org"


@contextmanager
def serving(
    mailbox: Mailbox,
    *,
    smtps: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
) -> Iterator[int]:
    """Serve a mailbox on a port of the loopback."""

    def check(
        server: SMTP, session: Session, envelope: Envelope, mechanism: str, words: Any
    ) -> AuthResult:
        assert isinstance(words, LoginPassword)
        known = (words.login.decode(), words.password.decode()) == LOGIN
        return AuthResult(success=known, handled=False)

    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=free_port(),
        ssl_context=smtps,
        tls_context=starttls,
        require_starttls=starttls is not None,
        # Under smtps:// the server does not know that it speaks TLS.
        auth_require_tls=smtps is None,
        authenticator=check if login else None,
    )
    controller.start()
    try:
        yield controller.port
    finally:
        controller.stop()


@contextmanager
def scripted(
    *answers: bytes, then: Callable[[socket.socket], None] = lambda _: None
) -> Iterator[tuple[int, list[bytes]]]:
    """A server that greets with the first answer and gives the next one to each command."""
    heard: list[bytes] = []
    door = socket.create_server(("127.0.0.1", 0))
    done = threading.Event()

    def serve() -> None:
        with suppress(OSError):
            connection, _ = door.accept()
            with connection, connection.makefile("rb") as lines, suppress(OSError):
                for number, answer in enumerate(answers):
                    if number:
                        heard.append(lines.readline())
                    connection.sendall(answer)
                then(connection)
                heard.append(lines.readline())
                done.wait(5)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield door.getsockname()[1], heard
    finally:
        done.set()
        door.close()
        thread.join()
