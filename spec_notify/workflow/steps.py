"""Steps of a pipeline: what one is, what it comes to, and the kinds that are known by name."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from spec_notify.core import steps as core
from spec_notify.core.errors import SpellingError
from spec_notify.core.steps import added_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Context = dict[str, Any]
"""What a step is handed: `workflow_name`, and `step_results`, those of all steps before it."""


class StepResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a step came to; a skipped one did not run."""

    step_type: str
    service: str
    success: bool
    skipped: bool = False
    duration_ms: float = 0.0
    """0: the pipeline measures it."""
    error: str | None = None
    data: dict[str, Any] = {}
    """What it found out, for the steps after it."""
    extra: dict[str, Any] = {}
    """What `step.completed` says of it besides."""

    @property
    def failed(self) -> bool:
        """Whether it ran, and not well."""
        return not (self.success or self.skipped)


class Step(Protocol):
    """One thing a pipeline does. With `always = True` it is not skipped when one before failed."""

    step_type: str
    service: str

    async def execute(self, context: Context) -> StepResult:
        """Do it. Whatever is raised is a failure of this step."""


class CallStep:
    """A step that calls a function: plain ones on a thread of their own, coroutines on the loop.

    False is a failure, and so is an exception; a StepResult is taken as it is.
    """

    def __init__(self, step_type: str, service: str, call: Callable[[], object]) -> None:
        self.step_type = step_type
        self.service = service
        self._call = call

    async def execute(self, context: Context) -> StepResult:  # noqa: ARG002 - as every step
        """Call the function."""
        if inspect.iscoroutinefunction(self._call):
            found = await self._call()
        else:
            found = await asyncio.to_thread(self._call)
        if isinstance(found, StepResult):
            return found
        return StepResult(
            step_type=self.step_type,
            service=self.service,
            success=found is not False,
            error="it answered False" if found is False else None,
        )


class ReportStep:
    """Sums up the steps before it; calls nobody."""

    step_type = "report"
    always = True

    def __init__(self, service: str = "spec-notify") -> None:
        self.service = service

    async def execute(self, context: Context) -> StepResult:
        """Answer the report as the result's `data`."""
        results: list[StepResult] = context.get("step_results", [])
        return StepResult(
            step_type=self.step_type, service=self.service, success=True, data=report(results)
        )


def report(results: Iterable[StepResult]) -> dict[str, Any]:
    """Answer counts, the whole duration in milliseconds, and each result."""
    return added_up(
        [
            core.Step(
                step_type=each.step_type,
                service=each.service,
                success=each.success,
                skipped=each.skipped,
                duration_ms=each.duration_ms,
                error=each.error,
            )
            for each in results
        ]
    )


STEP_REGISTRY: dict[str, Callable[[str], Step]] = {ReportStep.step_type: ReportStep}
"""Step type → what makes a step of it for a service."""


def register_step(step_type: str, make: Callable[[str], Step]) -> None:
    """Have `create_step` know a step type."""
    STEP_REGISTRY[step_type] = make


def create_step(step_type: str, service: str = "spec-notify") -> Step:
    """Make a step of a registered type. Raises SpellingError."""
    if step_type not in STEP_REGISTRY:
        known = ", ".join(STEP_REGISTRY)
        raise SpellingError(f"{step_type!r} is no step type: one of {known}")
    return STEP_REGISTRY[step_type](service)
