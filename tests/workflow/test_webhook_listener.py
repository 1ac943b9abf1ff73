"""The webhook listener: who hears what, what is on disk when, and that nothing is raised."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from spec_notify.core.errors import SpoolError
from spec_notify.workflow import EventEmitter, Webhook, WebhookListener, WorkflowEvent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

URL = "https://hooks.example/T0/secret-part"


class FakeOutlet:
    """An outlet that remembers, whose deliveries wait for `go` and then fail by name."""

    def __init__(self, **trouble: str | Exception) -> None:
        self.admitted: list[tuple[str, str]] = []
        self.tried: list[str] = []
        self.closed = False
        self.broken: Exception | None = None
        self.go = asyncio.Event()
        self._trouble = trouble

    def admit(self, event: WorkflowEvent, webhooks: Sequence[str]) -> Mapping[str, str]:
        if self.broken is not None:
            raise self.broken
        self.admitted += [(name, event.event_type) for name in webhooks]
        return {name: f"dlv_{name}" for name in webhooks}

    async def deliver(self, delivery: str) -> str | None:
        await self.go.wait()
        self.tried.append(delivery)
        trouble = self._trouble.get(delivery.removeprefix("dlv_"))
        if isinstance(trouble, Exception):
            raise trouble
        return trouble

    async def aclose(self, drain: float) -> None:
        self.closed = True


def event(type_: str = "workflow.completed") -> WorkflowEvent:
    return WorkflowEvent(type_, datetime(2026, 11, 20, tzinfo=UTC), "nightly", {})


def test_matching_is_exact_or_all_and_nothing_else_is_delivered() -> None:
    webhooks = [
        Webhook("plain"),
        Webhook("both", ("workflow.completed", "failure.detected")),
        Webhook("all", ("*",)),
        Webhook("globs", ("workflow.*", "workflow", "Workflow.completed", "*.completed", "**")),
        Webhook("none", ()),
    ]
    types = ("workflow.started", "step.completed", "workflow.completed", "failure.detected")

    async def story() -> FakeOutlet:
        outlet = FakeOutlet()
        outlet.go.set()
        listener = WebhookListener(webhooks, outlet)
        for type_ in types:
            await listener.on_event(event(type_))
        await asyncio.gather(*listener.pending)
        return outlet

    outlet = asyncio.run(story())

    heard = {
        each.name: [type_ for name, type_ in outlet.admitted if name == each.name]
        for each in webhooks
    }
    assert heard == {
        "plain": ["workflow.completed"],
        "both": ["workflow.completed", "failure.detected"],
        "all": list(types),
        "globs": [],
        "none": [],
    }
    assert len(outlet.tried) == 7


def test_it_is_admitted_before_and_sent_behind() -> None:
    async def story() -> tuple[list[str], list[str], set[str], int]:
        outlet = FakeOutlet()
        listener = WebhookListener([Webhook("ci"), Webhook("chat")], outlet)
        await listener.on_event(event())
        before = [name for name, _ in outlet.admitted], [*outlet.tried]
        names = {task.get_name() for task in listener.pending}
        outlet.go.set()
        await asyncio.gather(*listener.pending)
        # Done tasks leave by a callback of their own.
        await asyncio.sleep(0)
        return *before, names, len(listener.pending)

    admitted, tried, names, left = asyncio.run(story())

    assert (admitted, tried) == (["ci", "chat"], [])
    assert names == {"webhook-ci", "webhook-chat"}
    assert left == 0


def test_failures_are_logged_without_a_url_and_never_raised(
    caplog: pytest.LogCaptureFixture,
) -> None:
    webhooks = [Webhook(name) for name in ("refused", "buggy", "fine")]

    async def story() -> FakeOutlet:
        outlet = FakeOutlet(refused="HTTP 503; it is tried again", buggy=ValueError(URL))
        outlet.go.set()
        listener = WebhookListener(webhooks, outlet)
        await listener.on_event(event())
        await asyncio.gather(*listener.pending)
        return outlet

    outlet = asyncio.run(story())

    assert len(outlet.tried) == 3
    assert [record.getMessage() for record in caplog.records] == [
        "webhook refused: dlv_refused: HTTP 503; it is tried again",
        "webhook buggy: dlv_buggy: ValueError",
    ]
    assert URL not in caplog.text


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (SpoolError("spool.db", "there is no room"), "spool.db: there is no room"),
        (OSError(28, URL), "OSError"),
    ],
)
def test_what_cannot_be_admitted_is_logged_and_the_pipeline_goes_on(
    broken: Exception, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def story() -> None:
        outlet = FakeOutlet()
        outlet.broken = broken
        emitter = EventEmitter()
        emitter.add_listener(WebhookListener([Webhook("ci")], outlet))
        await emitter.emit(event())

    asyncio.run(story())

    (record,) = caplog.records
    assert record.getMessage() == f"workflow.completed was not queued: {said}"
    assert record.exc_info is None


def test_closing_ends_what_still_waits() -> None:
    async def story() -> tuple[bool, int]:
        outlet = FakeOutlet()
        listener = WebhookListener([Webhook("ci")], outlet)
        await listener.on_event(event())
        await listener.aclose(0)
        await asyncio.sleep(0)
        return outlet.closed, len(listener.pending)

    assert asyncio.run(story()) == (True, 0)
