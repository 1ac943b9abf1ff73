"""The pipeline: what it emits and when, with and without anybody listening; the report step."""

from __future__ import annotations

import asyncio
import itertools
import sys
from typing import TYPE_CHECKING, Any

import pytest

from spec_notify.core.errors import UsageError
from spec_notify.core.workflow_payload import build_workflow_event
from spec_notify.workflow import (
    STEP_REGISTRY,
    CallStep,
    EventEmitter,
    EventLog,
    PipelineResult,
    PipelineRunner,
    ReportStep,
    Step,
    StepResult,
    WorkflowEvent,
    create_step,
    register_step,
)

if TYPE_CHECKING:
    from spec_notify.workflow import Context


class Fixed:
    """A step that comes to what it was told, or raises."""

    always = False

    def __init__(self, step_type: str, *, service: str = "api", **facts: Any) -> None:
        self.step_type = step_type
        self.service = service
        self._facts = facts

    async def execute(self, context: Context) -> Any:
        if "raises" in self._facts:
            raise self._facts["raises"]
        if "answers" in self._facts:
            return self._facts["answers"]
        facts = {"success": True, "duration_ms": 5.0} | self._facts
        return StepResult(step_type=self.step_type, service=self.service, **facts)


GOOD, BAD = Fixed("lint"), Fixed("test", success=False, error="2 of 40 failed")


def run(*steps: Step, **how: Any) -> tuple[PipelineResult, list[WorkflowEvent]]:
    """Run a pipeline with a log; every event must be one that could be spooled."""
    log = EventLog()
    emitter = EventEmitter()
    emitter.add_listener(log)
    count = itertools.count()
    runner = PipelineRunner(
        "nightly", steps, emitter=emitter, clock=lambda: next(count) / 1000, **how
    )

    async def story() -> tuple[PipelineResult, list[WorkflowEvent]]:
        result = await runner.run()
        return result, (await log.get_recent(limit=100))[::-1]

    result, events = asyncio.run(story())
    for event in events:
        assert build_workflow_event(
            event.event_type,
            event.data,
            workflow=event.workflow_name,
            repository="r",
            nonce="n",
            at=event.at,
        )
    return result, events


def said(events: list[WorkflowEvent]) -> list[str]:
    return [event.event_type for event in events]


def test_a_good_run_tells_its_start_each_step_and_its_end() -> None:
    result, events = run(GOOD, Fixed("test", service="web"))

    assert result.success
    assert [(event.event_type, event.workflow_name) for event in events] == [
        ("workflow.started", "nightly"),
        ("step.completed", "nightly"),
        ("step.completed", "nightly"),
        ("workflow.completed", "nightly"),
    ]
    assert [event.data for event in events] == [
        {"step_count": 2},
        {"step_type": "lint", "service": "api", "success": True, "duration_ms": 5.0},
        {"step_type": "test", "service": "web", "success": True, "duration_ms": 5.0},
        {"success": True, "total_duration_ms": 3.0, "steps_passed": 2, "steps_failed": 0},
    ]
    assert all(event.timestamp.utcoffset() is not None for event in events)


def test_the_first_failure_alone_is_told_as_one() -> None:
    result, events = run(BAD, GOOD, Fixed("scan", success=False))

    assert not result.success
    assert said(events) == [
        "workflow.started",
        "step.completed",
        "failure.detected",
        "step.completed",
        "step.completed",
        "workflow.completed",
    ]
    assert events[2].data == {"step_type": "test", "service": "api", "error": "2 of 40 failed"}
    assert events[-1].data["steps_failed"] == 2
    assert events[-1].data["steps_passed"] == 1


def test_each_run_has_a_first_failure_of_its_own() -> None:
    assert said(run(BAD)[1]).count("failure.detected") == 1
    assert said(run(BAD)[1]).count("failure.detected") == 1


@pytest.mark.parametrize(
    ("step", "error"),
    [
        (Fixed("x", raises=ValueError("no such host")), "ValueError: no such host"),
        (Fixed("x", raises=ValueError()), "ValueError"),
        (Fixed("x", raises=ValueError("y" * 9_000)), "ValueError: " + "y" * 1_988),
        (Fixed("x", answers=True), "it answered no StepResult"),
        (Fixed("x", success=False), "it failed"),
        (CallStep("x", "api", lambda: False), "it answered False"),
    ],
)
def test_whatever_a_step_does_wrong_is_its_failure(step: Step, error: str) -> None:
    result, events = run(step, GOOD)

    assert [each.failed for each in result.steps] == [True, False]
    assert [e.data["error"] for e in events if e.event_type == "failure.detected"] == [error]


def test_it_stops_at_a_failure_when_asked_to_but_always_reports() -> None:
    result, events = run(BAD, GOOD, create_step("report"), stop_on_failure=True)

    assert [each.skipped for each in result.steps] == [False, True, False]
    # A step that did not run has not completed.
    assert said(events).count("step.completed") == 2
    assert result.report is not None
    assert result.report["summary"] == {"total": 2, "passed": 0, "failed": 1, "skipped": 1}


def test_the_report_sums_up_and_travels_with_the_end() -> None:
    skipped = Fixed("publish", success=False, skipped=True, duration_ms=0.0)
    result, events = run(GOOD, BAD, skipped, create_step("report", "qa"))

    said = {"service": "api", "skipped": False, "duration_ms": 5.0, "error": None}
    assert events[-1].data["report"] == result.report
    assert result.report == {
        "summary": {"total": 3, "passed": 1, "failed": 1, "skipped": 1},
        "total_duration_ms": 10.0,
        "steps": [
            said | {"step_type": "lint", "success": True},
            said | {"step_type": "test", "success": False, "error": "2 of 40 failed"},
            said | {"step_type": "publish", "success": False, "skipped": True, "duration_ms": 0.0},
        ],
    }
    assert "report" not in run(GOOD)[1][-1].data


@pytest.mark.parametrize(
    ("count", "error"), [(3_000, "no"), (300, "\x1b[31m" * 300), (2, "x" * 10**6)]
)
def test_a_long_report_travels_with_its_last_steps(count: int, error: str) -> None:
    many = [Fixed("check", success=False, error=error) for _ in range(count)]
    result, events = run(*many, create_step("report"))

    told = events[-1].data["report"]
    assert result.report is not None
    assert len(result.report["steps"]) == told["summary"]["total"] == count
    assert len(told["steps"]) + told["steps_left_out"] == count
    assert told["steps"] == result.report["steps"][told["steps_left_out"] :]


def test_a_report_of_ones_own_travels_as_it_is() -> None:
    _, events = run(Fixed("report", data={"verdict": "fine"}))

    assert events[-1].data["report"] == {"verdict": "fine"}


def test_a_report_of_nothing_is_a_report() -> None:
    found = asyncio.run(ReportStep().execute({}))

    assert found.success
    assert found.data == {
        "summary": {"total": 0, "passed": 0, "failed": 0, "skipped": 0},
        "total_duration_ms": 0,
        "steps": [],
    }


def test_durations_are_measured_where_a_step_says_none() -> None:
    result, _ = run(Fixed("x", duration_ms=0.0))

    assert result.steps[0].duration_ms == 1.0


def test_nobody_listening_changes_nothing() -> None:
    steps = (GOOD, BAD, create_step("report"))
    heard, _ = run(*steps)
    alone = asyncio.run(PipelineRunner("nightly", steps).run())

    assert (alone.success, [each.failed for each in alone.steps]) == (
        heard.success,
        [each.failed for each in heard.steps],
    )
    assert alone.report is not None
    assert heard.report is not None
    assert alone.report["summary"] == heard.report["summary"]


def test_steps_before_are_handed_on() -> None:
    seen: list[Any] = []

    class Looks(Fixed):
        async def execute(self, context: Context) -> Any:
            seen.append((context["workflow_name"], [r.step_type for r in context["step_results"]]))
            return await super().execute(context)

    run(GOOD, Looks("a"), Looks("b"))

    assert seen == [("nightly", ["lint"]), ("nightly", ["lint", "a"])]


def test_functions_are_steps_plain_or_not() -> None:
    async def fine() -> None:
        await asyncio.sleep(0)

    whole = StepResult(step_type="own", service="s", success=True, extra={"coverage": 91})
    result, events = run(
        CallStep("a", "s", fine),
        CallStep("b", "s", lambda: True),
        CallStep("c", "s", lambda: whole),
    )

    assert [each.success for each in result.steps] == [True, True, True]
    assert events[3].data["coverage"] == 91


def test_a_cancelled_run_tells_that_it_ended() -> None:
    log, emitter = EventLog(), EventEmitter()
    emitter.add_listener(log)

    async def story() -> list[WorkflowEvent]:
        begun = asyncio.Event()

        async def endless() -> None:
            begun.set()
            await asyncio.Event().wait()

        runner = PipelineRunner("n", [GOOD, CallStep("x", "s", endless)], emitter=emitter)
        running = asyncio.create_task(runner.run())
        await begun.wait()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
        return await log.get_recent(limit=1)

    (last,) = asyncio.run(story())

    assert last.event_type == "workflow.completed"
    assert last.data["success"] is False
    assert last.data["cancelled"] is True


@pytest.mark.parametrize(
    ("code", "error"),
    [(0, None), (None, None), (3, "it exited with 3"), ("no", "it exited with no")],
)
def test_a_step_that_exits_ends_with_its_exit_code_and_the_pipeline_goes_on(
    code: int | str | None, error: str | None
) -> None:
    exits = CallStep("main", "shop", lambda: sys.exit(code))

    result, events = run(exits, GOOD)

    ends = [(each.success, each.error) for each in result.steps]
    assert ends == [(not error, error), (True, None)]
    failures = [each.data["error"] for each in events if each.event_type == "failure.detected"]
    assert failures == ([error] if error else [])
    assert events[-1].event_type == "workflow.completed"
    assert events[-1].data["success"] is result.success is (error is None)


def test_step_types_are_known_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(create_step("report"), ReportStep)
    with pytest.raises(UsageError, match="'deploy' is no step type: one of report"):
        create_step("deploy")

    monkeypatch.setitem(STEP_REGISTRY, "deploy", ReportStep)
    register_step("deploy", lambda service: Fixed("deploy", service=service))
    assert create_step("deploy", "web").service == "web"
