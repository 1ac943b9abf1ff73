"""What the parts of one attempt on the wire tell each other: how far it came, and why it ended."""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_notify.core.message import Fault, Flaw


class DialError(Exception):
    """No connection came about: which phase failed and why, in words without secrets."""

    def __init__(self, fault: Fault, detail: str, flaw: Flaw | None = None) -> None:
        self.fault = fault
        self.detail = detail
        self.flaw = flaw
        super().__init__(detail)


class Progress:
    """How far an attempt has come, noted while it runs; phases in milliseconds."""

    __slots__ = ("address", "connect", "dns", "phase", "started", "tls")

    def __init__(self) -> None:
        self.started = time.monotonic()
        self.phase = "waiting for a connection"
        self.address: str | None = None
        self.dns: float | None = None
        self.connect: float | None = None
        self.tls: float | None = None


LOOKUP, DIALLING, HANDSHAKE = "looking up the host", "connecting", "in the TLS handshake"
"""Phases in which a deadline may run out for reasons of their own."""

PROGRESS: ContextVar[Progress] = ContextVar("progress")
"""The attempt of the running task: httpcore has no other way to tell a backend whom it serves."""


def since(moment: float) -> float:
    """Answer the milliseconds since a monotonic moment in seconds."""
    return (time.monotonic() - moment) * 1000
