"""Emitter and log: one listener's failure hurts no other, and the log keeps the newest."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from spec_notify.formats import aegis
from spec_notify.workflow import EventEmitter, EventLog, WorkflowEvent
from tests.test_house import loaded

AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


def event(type_: str = "workflow.started", **data: Any) -> WorkflowEvent:
    return WorkflowEvent(type_, AT, "nightly", data)


class Deaf:
    """A listener that cannot listen."""

    async def on_event(self, event: WorkflowEvent) -> None:
        raise RuntimeError(f"deaf to {event.event_type}")

    async def aclose(self, drain: float) -> None:
        raise RuntimeError(f"cannot close within {drain}")


class Hearing:
    """A listener that remembers, and was closed."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.closed: float | None = None

    async def on_event(self, event: WorkflowEvent) -> None:
        self.heard.append(event.event_type)

    async def aclose(self, drain: float) -> None:
        self.closed = drain


def test_a_failing_listener_hurts_nobody(caplog: pytest.LogCaptureFixture) -> None:
    first, last, log = Hearing(), Hearing(), EventLog()
    emitter = EventEmitter()
    for listener in (first, Deaf(), log, last):
        emitter.add_listener(listener)

    async def story() -> list[WorkflowEvent]:
        async with emitter:
            await emitter.emit(event("workflow.started"))
            await emitter.emit(event("workflow.completed"))
        return await log.get_recent()

    recent = asyncio.run(story())

    assert first.heard == last.heard == ["workflow.started", "workflow.completed"]
    assert first.closed == last.closed == 10.0
    assert [each.event_type for each in recent] == ["workflow.completed", "workflow.started"]
    assert caplog.text.count("RuntimeError: deaf to") == 2
    assert "a listener failed to close" in caplog.text


def test_a_listener_that_is_cancelled_is_not_swallowed() -> None:
    class Cancelled:
        async def on_event(self, event: WorkflowEvent) -> None:
            raise asyncio.CancelledError

    emitter = EventEmitter()
    emitter.add_listener(Cancelled())

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(emitter.emit(event()))


def test_without_listeners_nothing_happens(caplog: pytest.LogCaptureFixture) -> None:
    asyncio.run(EventEmitter().emit(event()))

    assert not caplog.records


async def filled(log: EventLog, count: int) -> EventLog:
    for number in range(count):
        type_ = "workflow.completed" if number % 2 else "step.completed"
        await log.on_event(event(type_, number=number))
    return log


@pytest.mark.parametrize(
    ("count", "asked", "numbers"),
    [
        (3, {}, [2, 1, 0]),
        (5, {}, [4, 3, 2, 1]),
        (5, {"limit": 2}, [4, 3]),
        (5, {"limit": 0}, []),
        (5, {"limit": -1}, []),
        (5, {"event_type": "workflow.completed"}, [3, 1]),
        (5, {"event_type": "workflow.completed", "limit": 1}, [3]),
        (5, {"event_type": "workflow"}, []),
    ],
)
def test_the_log_keeps_the_newest_and_answers_them_first(
    count: int, asked: dict[str, Any], numbers: list[int]
) -> None:
    async def story() -> list[WorkflowEvent]:
        log = await filled(EventLog(max_size=4), count)
        return await log.get_recent(**asked)

    assert [each.data["number"] for each in asyncio.run(story())] == numbers


def test_the_log_keeps_a_hundred_and_answers_twenty_unless_told_otherwise() -> None:
    async def story() -> tuple[int, int]:
        log = await filled(EventLog(), 150)
        return len(await log.get_recent()), len(await log.get_recent(limit=1_000))

    assert asyncio.run(story()) == (20, 100)


@pytest.mark.parametrize(
    "at",
    [
        AT,
        AT.astimezone(timezone(timedelta(hours=-5))),
        AT.astimezone().replace(tzinfo=None),
    ],
)
def test_an_event_says_when_it_happened_in_utc(at: datetime) -> None:
    said = WorkflowEvent("workflow.started", at, "nightly", {"step_count": 1}).to_dict()

    assert said == {
        "event_type": "workflow.started",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "workflow_name": "nightly",
        "data": {"step_count": 1},
    }


def test_an_event_spells_itself_as_the_aegis_format_does() -> None:
    native = {
        "type": "workflow.started",
        "timestamp": "2026-11-20T10:00:00.000Z",
        "data": {"idempotencyKey": "evt_", "workflow": {"name": "nightly"}, "step_count": 1},
    }

    assert aegis.flat(native) == event(step_count=1).to_dict()


def test_importing_the_api_loads_no_network_library() -> None:
    heavy = {"httpx", "httpcore", "typer", "rich", "watchdog", "apsw", "starlette", "uvicorn"}

    assert not loaded("import spec_notify.workflow") & heavy
