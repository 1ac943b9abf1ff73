"""A listener that sends events to webhooks: on disk before `on_event` returns, sent behind it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

import msgspec

from spec_notify.core.errors import SpecNotifyError
from spec_notify.core.event import WORKFLOW_COMPLETED

from .events import DRAIN, logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .events import WorkflowEvent


class Webhook(msgspec.Struct, frozen=True):
    """A receiver by name, and the types it hears: exact ones, or `"*"` for all."""

    name: str
    events: tuple[str, ...] = (WORKFLOW_COMPLETED,)

    def hears(self, event_type: str) -> bool:
        """Say whether it hears of a type; nothing but `"*"` is a pattern."""
        return event_type in self.events or "*" in self.events


class Outlet(Protocol):
    """Where events go that webhooks want: first onto a disk, then out."""

    def admit(self, event: WorkflowEvent, webhooks: Sequence[str]) -> Mapping[str, str]:
        """Write an event down for good; answer webhook → delivery for those that take it.

        Called on a thread of its own. Raises SpecNotifyError.
        """

    async def deliver(self, delivery: str) -> str | None:
        """See to the first try of a delivery; answer what went wrong, if something did."""

    async def aclose(self, drain: float) -> None:
        """Deliver for at most `drain` seconds more, then let go of everything."""


class WebhookListener:
    """Hands events to the webhooks that hear them; nothing that goes wrong there is raised.

    A process that ends at once loses nothing: what was not delivered is still in the outlet.
    """

    def __init__(self, webhooks: Sequence[Webhook], outlet: Outlet) -> None:
        self._webhooks = tuple(webhooks)
        self._outlet = outlet
        self._pending: set[asyncio.Task[None]] = set()

    @property
    def pending(self) -> frozenset[asyncio.Task[None]]:
        """The deliveries whose first try is not over, as tasks named `webhook-<name>`."""
        return frozenset(self._pending)

    async def on_event(self, event: WorkflowEvent) -> None:
        """Write an event down for every webhook that hears it, and have it sent behind us."""
        names = [each.name for each in self._webhooks if each.hears(event.event_type)]
        if not names:
            return
        try:
            admitted = await asyncio.to_thread(self._outlet.admit, event, names)
        except Exception as error:  # noqa: BLE001 - whatever it is, the pipeline goes on
            logger.error("%s was not queued: %s", event.event_type, _spell(error))
            return
        for name, delivery in admitted.items():
            task = asyncio.create_task(self._deliver(name, delivery), name=f"webhook-{name}")
            # The loop itself keeps no task alive.
            self._pending.add(task)
            task.add_done_callback(self._pending.discard)

    async def _deliver(self, name: str, delivery: str) -> None:
        try:
            trouble = await self._outlet.deliver(delivery)
        except Exception as error:  # noqa: BLE001 - nobody awaits this task: it is told here
            trouble = _spell(error)
        if trouble is not None:
            said = "webhook %s: %s: %s"
            logger.warning(said, name, delivery, trouble, extra={"webhook": name})

    async def aclose(self, drain: float = DRAIN) -> None:
        """Deliver for at most `drain` seconds more; what is left stays queued."""
        # What was admitted just now is about to be sent: it gets that far.
        await asyncio.sleep(0)
        await self._outlet.aclose(drain)
        await asyncio.sleep(0)
        for task in self._pending:
            task.cancel()
        await asyncio.gather(*self._pending, return_exceptions=True)


def _spell(error: Exception) -> str:
    """Say what went wrong; the text of an error that is not ours may hold a URL or a secret."""
    return str(error) if isinstance(error, SpecNotifyError) else type(error).__name__
