"""A pipeline: steps one after another, each told of as it ends; the same with nobody listening."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec

from spec_notify.core.event import (
    FAILURE_DETECTED,
    STEP_COMPLETED,
    WORKFLOW_COMPLETED,
    WORKFLOW_STARTED,
)
from spec_notify.core.workflow_payload import MOST_BYTES

from .events import WorkflowEvent
from .steps import ReportStep, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .events import EventEmitter
    from .steps import Context, Step

_LONGEST_ERROR = 2_000


class PipelineResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a pipeline came to; `report` is what its `report` step made, if it has one."""

    success: bool
    total_duration_ms: float
    steps: tuple[StepResult, ...]
    report: dict[str, Any] | None = None


class PipelineRunner:
    """Runs steps in order and emits what happens; without an emitter it only runs them.

    With `stop_on_failure` steps after a failed one are skipped, save those that always run.
    `clock` counts seconds.
    """

    def __init__(
        self,
        workflow_name: str,
        steps: Sequence[Step],
        *,
        emitter: EventEmitter | None = None,
        stop_on_failure: bool = False,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._name = workflow_name
        self._steps = tuple(steps)
        self._emitter = emitter
        self._stops = stop_on_failure
        self._clock = clock

    async def run(self) -> PipelineResult:
        """Run every step and answer what came of it; a step that raises has failed.

        One that calls `sys.exit` has ended, well with 0, and the others go on.
        Cancelled, it tells so as a failure, and then is.
        """
        began, results = self._clock(), list[StepResult]()
        await self._emit(WORKFLOW_STARTED, {"step_count": len(self._steps)})
        context: Context = {"workflow_name": self._name, "step_results": results}
        try:
            for step in self._steps:
                result = await self._one(step, context)
                await self._tell(result, first=not any(each.failed for each in results))
                results.append(result)
        except asyncio.CancelledError:
            await self._end(results, began, cancelled=True)
            raise
        return await self._end(results, began)

    async def _one(self, step: Step, context: Context) -> StepResult:
        failed = any(each.failed for each in context["step_results"])
        if failed and self._stops and not getattr(step, "always", False):
            return _result(step, success=False, skipped=True)
        began = self._clock()
        try:
            result: object = await step.execute(context)
            if not isinstance(result, StepResult):
                result = _result(step, success=False, error="it answered no StepResult")
        except SystemExit as exited:
            # A program's `main` ends so; it ends its step, and not the pipeline untold.
            result = _exited(step, exited.code)
        except Exception as error:  # noqa: BLE001 - a step's own failure, whatever it is
            said = f"{type(error).__name__}: {error}".removesuffix(": ")
            result = _result(step, success=False, error=said)
        if result.duration_ms or result.skipped:
            return result
        return msgspec.structs.replace(result, duration_ms=self._since(began))

    async def _tell(self, result: StepResult, *, first: bool) -> None:
        if result.skipped:
            return
        about = {"step_type": result.step_type, "service": result.service}
        ended = {"success": result.success, "duration_ms": result.duration_ms}
        await self._emit(STEP_COMPLETED, about | ended | result.extra)
        if result.failed and first:
            error = (result.error or "it failed")[:_LONGEST_ERROR]
            await self._emit(FAILURE_DETECTED, about | {"error": error})

    async def _end(
        self, results: Sequence[StepResult], began: float, *, cancelled: bool = False
    ) -> PipelineResult:
        failed = sum(each.failed for each in results)
        reports = [each.data for each in results if each.step_type == ReportStep.step_type]
        ended = PipelineResult(
            success=not (failed or cancelled),
            total_duration_ms=self._since(began),
            steps=tuple(results),
            report=reports[-1] if reports else None,
        )
        said: dict[str, Any] = {
            "success": ended.success,
            "total_duration_ms": ended.total_duration_ms,
            "steps_passed": sum(each.success for each in results),
            "steps_failed": failed,
        }
        said |= {"report": _fitting(ended.report)} if ended.report is not None else {}
        await self._emit(WORKFLOW_COMPLETED, said | ({"cancelled": True} if cancelled else {}))
        return ended

    async def _emit(self, event_type: str, data: dict[str, Any]) -> None:
        if self._emitter is None:
            return
        from spec_notify.wiring import now

        at = datetime.fromtimestamp(now() / 1000, UTC)
        await self._emitter.emit(WorkflowEvent(event_type, at, self._name, data))

    def _since(self, began: float) -> float:
        return round((self._clock() - began) * 1000, 3)


def _fitting(report: dict[str, Any]) -> dict[str, Any]:
    """Answer a report that one event can carry: of a long one only the last steps."""
    steps = report.get("steps")
    if not isinstance(steps, list):
        return report
    kept, room = list[Any](), MOST_BYTES // 2
    for each in reversed(steps):
        # About as long as JSON spells it, whatever it holds.
        room -= len(repr(each).encode("utf-8", "replace"))
        if room < 0:
            return {**report, "steps": kept[::-1], "steps_left_out": len(steps) - len(kept)}
        kept.append(each)
    return report


def _exited(step: Step, code: object) -> StepResult:
    return _result(step, success=not code, error=f"it exited with {code}" if code else None)


def _result(
    step: Step, *, success: bool, skipped: bool = False, error: str | None = None
) -> StepResult:
    return StepResult(
        step_type=step.step_type,
        service=step.service,
        success=success,
        skipped=skipped,
        error=error,
    )
