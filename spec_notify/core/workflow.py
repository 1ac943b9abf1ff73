"""What the four events of a workflow say: literal keys, which other systems already read.

Contract, section 5. A producer's further keys travel along as they came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .body_parts import LONGEST, Facts, Part
from .event import FAILURE_DETECTED, STEP_COMPLETED, WORKFLOW_COMPLETED, WORKFLOW_STARTED

if TYPE_CHECKING:
    from collections.abc import Mapping

WORKFLOW_TYPES = (WORKFLOW_STARTED, STEP_COMPLETED, WORKFLOW_COMPLETED, FAILURE_DETECTED)

Count = Annotated[int, Meta(ge=0)]
Millis = Annotated[float, Meta(ge=0, description="Milliseconds.")]


class Workflow(Part, frozen=True, kw_only=True):
    """Which workflow an event is about."""

    name: Annotated[str, Meta(min_length=1, max_length=LONGEST)]


class WorkflowFacts(Facts, frozen=True, kw_only=True):
    """What every event of a workflow says."""

    workflow: Workflow


class StartFacts(WorkflowFacts, frozen=True, kw_only=True):
    """How many steps there will be."""

    step_count: Count = msgspec.field(name="step_count")


class StepFacts(WorkflowFacts, frozen=True, kw_only=True):
    """What a step came to."""

    step_type: str = msgspec.field(name="step_type")
    service: str
    success: bool
    duration_ms: Millis = msgspec.field(name="duration_ms")


class EndFacts(WorkflowFacts, frozen=True, kw_only=True):
    """What a workflow came to; report is what its `report` step made of all others."""

    success: bool
    total_duration_ms: Millis = msgspec.field(name="total_duration_ms")
    steps_passed: Count = msgspec.field(name="steps_passed")
    steps_failed: Count = msgspec.field(name="steps_failed")
    report: dict[str, Any] | UnsetType = UNSET


class FailureFacts(WorkflowFacts, frozen=True, kw_only=True):
    """Which step failed, and why."""

    step_type: str = msgspec.field(name="step_type")
    service: str
    error: str


FACTS: Mapping[str, type[WorkflowFacts]] = {
    WORKFLOW_STARTED: StartFacts,
    STEP_COMPLETED: StepFacts,
    WORKFLOW_COMPLETED: EndFacts,
    FAILURE_DETECTED: FailureFacts,
}
RESERVED = tuple(field.encode_name for field in msgspec.structs.fields(WorkflowFacts))
"""Keys of the data that are ours to write."""


def keys(type_: str) -> tuple[str, ...]:
    """Answer the keys a producer of such an event must give."""
    fields = msgspec.structs.fields(FACTS[type_])
    return tuple(f.encode_name for f in fields if f.required and f.encode_name not in RESERVED)
