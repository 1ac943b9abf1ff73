"""Which wire carries which class of message; each is imported when its first message comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spec_notify.core.message import HttpMessage
from spec_notify.transports.wires import Wires

if TYPE_CHECKING:
    from spec_notify.transports.wires import Wire


def transport() -> Wires:
    """Answer a transport for every kind of target."""
    return Wires({HttpMessage: _http})


def _http() -> Wire:
    from spec_notify.transports.http import HttpTransport

    return HttpTransport()
