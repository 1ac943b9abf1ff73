"""The latest events of this process, kept in memory."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .events import WorkflowEvent


class EventLog:
    """A listener that keeps the last `max_size` events; older ones go first.

    `create_event_log` makes one as large as the config's `event_log_size`.
    """

    def __init__(self, max_size: int = 100) -> None:
        self._events: deque[WorkflowEvent] = deque(maxlen=max_size)

    async def on_event(self, event: WorkflowEvent) -> None:
        """Keep an event."""
        self._events.append(event)

    async def get_recent(
        self, limit: int = 20, event_type: str | None = None
    ) -> list[WorkflowEvent]:
        """Answer at most `limit` events, of one type if one is named, newest first."""
        # Copied in one step: another thread may be adding.
        known = [e for e in reversed(tuple(self._events)) if event_type in {None, e.event_type}]
        return known[: max(limit, 0)]
