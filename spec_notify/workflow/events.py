"""Events of a workflow on their way to whoever listens; one listener's failure hurts no other."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from spec_notify.core.instant import rfc3339

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

logger = logging.getLogger("spec_notify.workflow")

DRAIN = 10.0
"""Seconds that closing waits for deliveries under way, unless told otherwise."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class WorkflowEvent(msgspec.Struct, frozen=True):
    """What happened in a workflow; a `timestamp` without time zone is local time, as in Python.

    `spec-notify schema TYPE` says which keys its `data` must hold; more are welcome.
    """

    event_type: str
    timestamp: datetime
    workflow_name: str
    data: dict[str, Any] = {}

    @property
    def at(self) -> int:
        """When it happened, in milliseconds since the epoch."""
        return round((self.timestamp.astimezone(UTC) - _EPOCH).total_seconds() * 1000)

    def to_dict(self) -> dict[str, Any]:
        """Answer the event as the events API and the aegis format spell it."""
        return {
            "event_type": self.event_type,
            "timestamp": rfc3339(self.at),
            "workflow_name": self.workflow_name,
            "data": self.data,
        }


class EventListener(Protocol):
    """Whoever wants to hear of events; one that also has `aclose(drain)` is closed in the end."""

    async def on_event(self, event: WorkflowEvent) -> None:
        """Hear of an event. What is raised is logged, and nobody else notices."""


class EventEmitter:
    """Tells each listener of each event, in the order they were added.

    As an async context manager it closes itself.
    """

    def __init__(self) -> None:
        self._listeners: list[EventListener] = []

    def add_listener(self, listener: EventListener) -> None:
        """Have a listener hear of every event from now on."""
        self._listeners.append(listener)

    async def emit(self, event: WorkflowEvent) -> None:
        """Tell every listener; raises nothing that a listener raised."""
        for listener in (*self._listeners,):
            try:
                await listener.on_event(event)
            except Exception:
                logger.exception("a listener failed at %r", event.event_type)

    async def aclose(self, drain: float = DRAIN) -> None:
        """Close the listeners; what is being delivered may take `drain` seconds more."""
        for listener in (*self._listeners,):
            close = getattr(listener, "aclose", None)
            try:
                if close is not None:
                    await close(drain)
            except Exception:
                logger.exception("a listener failed to close")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()
