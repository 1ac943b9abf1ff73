"""Which wire carries which class of message; each is imported when its first message comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.message import (
    AppriseMessage,
    DriveMessage,
    FileMessage,
    HttpMessage,
    MailMessage,
)
from spec_notify.transports.wires import Wires

if TYPE_CHECKING:
    from collections.abc import Callable

    from spec_notify.disk.outbox import Outbox
    from spec_notify.transports.wires import Wire


def transport(outbox: Callable[[], Outbox]) -> Wires:
    """Answer a transport for every kind of target; `outbox` answers who puts files in place."""
    return Wires(
        {
            HttpMessage: _http,
            MailMessage: _smtp,
            FileMessage: lambda: _file(outbox()),
            DriveMessage: _drive,
            AppriseMessage: _apprise,
        }
    )


def _http() -> Wire:
    from spec_notify.transports.http import HttpTransport

    return HttpTransport()


def _smtp() -> Wire:
    from spec_notify.transports.smtp import SmtpTransport

    return SmtpTransport()


def _file(outbox: Outbox) -> Wire:
    from spec_notify.transports.file import FileTransport

    return FileTransport(outbox.put)


def _drive() -> Wire:
    from spec_notify.transports.drive import DriveTransport
    from spec_notify.transports.http import HttpTransport

    return DriveTransport(HttpTransport())


def _apprise() -> Wire:
    from spec_notify.transports.apprise import AppriseTransport

    return AppriseTransport()
