"""The native body: the shape of every event as its receivers see it.

Contract, section 5. The shapes are checked before spooling and published as JSON Schema (see
`schema`); within 1.x they only grow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

import msgspec
import orjson
from msgspec import UNSET, Meta, UnsetType

from .body_parts import (
    Change,
    Conflict,
    Consensus,
    EventId,
    Evidence,
    Facts,
    Git,
    Instant,
    Part,
    Review,
    Row,
    Run,
    Spec,
    StageResult,
    Telemetry,
)
from .event import (
    CONSENSUS_CONFLICT,
    DEAD_LETTERED,
    FAILURE_DETECTED,
    PIPELINE_COMPLETED,
    RECOVERED,
    RUN_FINISHED,
    RUN_STOP,
    STAGE_COMPLETED,
    STEP_COMPLETED,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
    TEAM_COMPLETED,
    TEAM_FAILED,
    TEAM_TIMED_OUT,
    TEST,
    TYPES,
    WORKFLOW_COMPLETED,
    WORKFLOW_STARTED,
)
from .instant import rfc3339
from .run_facts import FinishFacts
from .run_stop import RunStopFacts
from .team import TeamFacts
from .workflow import EndFacts, FailureFacts, StartFacts, StepFacts

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = "1.0"

Known = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(map(re.escape, TYPES))})$", extra_json_schema={"enum": list(TYPES)}),
]


class TaskFacts(Facts, frozen=True, kw_only=True):
    """A task's change of status; a block that is null has its reason beside it."""

    spec: Spec | None
    spec_reason: str | UnsetType = UNSET
    task: Row
    transition: Change
    git: Git | None
    git_reason: str | UnsetType = UNSET
    telemetry: Telemetry | None
    telemetry_reason: str | UnsetType = UNSET
    consensus: Consensus | None
    consensus_reason: str | UnsetType = UNSET
    evidence: Evidence

    def __post_init__(self) -> None:
        for block in ("spec", "git", "telemetry", "consensus"):
            if getattr(self, block) is None and not getattr(self, f"{block}_reason"):
                raise ValueError(f"{block} is null without {block}Reason")


class ReviewFacts(TaskFacts, frozen=True, kw_only=True):
    """A task that arrived in review."""

    review: Review
    review_reason: str | UnsetType = UNSET

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.review.checklist is None and not self.review_reason:
            raise ValueError("review.checklist is null without reviewReason")


class SampleFacts(TaskFacts, frozen=True, kw_only=True):
    """What a completed task would say; test tells that none was."""

    test: bool


class ArtifactFacts(Facts, frozen=True, kw_only=True):
    """What a run of a SPEC left in its evidence tree."""

    spec: Spec
    git: Git | None
    git_reason: str | UnsetType = UNSET
    evidence: Evidence

    def __post_init__(self) -> None:
        if self.git is None and not self.git_reason:
            raise ValueError("git is null without gitReason")


class StageFacts(ArtifactFacts, frozen=True, kw_only=True):
    """A stage that ended."""

    stage: StageResult
    telemetry: Telemetry


class RunFacts(StageFacts, frozen=True, kw_only=True):
    """A run that ended, and the stage it ended with."""

    pipeline: Run


class ConflictFacts(ArtifactFacts, frozen=True, kw_only=True):
    """What agents did not agree on."""

    consensus: Consensus
    conflict: Conflict


class HealthFacts(Facts, frozen=True, kw_only=True):
    """The delivery this is about, as `--list --json` tells it."""

    delivery: str
    event: str
    subscription: str
    type: str | None = None
    task: str | None = None
    spec: str | None = None
    attempts: int | None = None
    last_status: int | None = None
    reason: str | None = None
    guidance: str | None = None
    dead_letters: int | None = None
    """How many this destination had since the last such event, this one included."""


F = TypeVar("F", bound=Facts)


class Head(Part, frozen=True, kw_only=True):
    """What stands at the top of every body; the id is also the webhook-id."""

    timestamp: Instant
    schema_version: Annotated[str, Meta(pattern=r"^1\.\d+$")]
    id: EventId


class Body(Head, Generic[F], frozen=True, kw_only=True, tag_field="type"):
    """A body whose data are fixed."""

    data: F

    def __post_init__(self) -> None:
        if self.data.idempotency_key != self.id:
            raise ValueError("data.idempotencyKey is not the id")


class TaskCompleted(Body[TaskFacts], frozen=True, kw_only=True, tag=TASK_COMPLETED):
    """A task arrived in Done."""


class TaskInReview(Body[ReviewFacts], frozen=True, kw_only=True, tag=TASK_IN_REVIEW):
    """A task arrived in In Review."""


class TaskTransitioned(Body[TaskFacts], frozen=True, kw_only=True, tag=TASK_TRANSITIONED):
    """A task's status changed to anything but Done or In Review."""


class StageCompleted(Body[StageFacts], frozen=True, kw_only=True, tag=STAGE_COMPLETED):
    """A stage of a SPEC ended: in success, in failure, or it was halted."""


class PipelineCompleted(Body[RunFacts], frozen=True, kw_only=True, tag=PIPELINE_COMPLETED):
    """A run of a SPEC's stages ended: with its last stage, or with one that failed or halted."""


class ConsensusConflict(Body[ConflictFacts], frozen=True, kw_only=True, tag=CONSENSUS_CONFLICT):
    """The agents asked about a SPEC do not agree."""


class TeamCompleted(Body[TeamFacts], frozen=True, kw_only=True, tag=TEAM_COMPLETED):
    """A team of agents did what it was made for."""


class TeamFailed(Body[TeamFacts], frozen=True, kw_only=True, tag=TEAM_FAILED):
    """A team of agents failed, or used up its budget."""


class TeamTimedOut(Body[TeamFacts], frozen=True, kw_only=True, tag=TEAM_TIMED_OUT):
    """A team of agents ran out of time."""


class Sample(Body[SampleFacts], frozen=True, kw_only=True, tag=TEST):
    """Somebody tried a subscription."""


class DeadLettered(Body[HealthFacts], frozen=True, kw_only=True, tag=DEAD_LETTERED):
    """A delivery became a dead letter."""


class Recovered(Body[HealthFacts], frozen=True, kw_only=True, tag=RECOVERED):
    """A delivery that had failed reached its target."""


class WorkflowStarted(Body[StartFacts], frozen=True, kw_only=True, tag=WORKFLOW_STARTED):
    """A workflow began."""


class StepCompleted(Body[StepFacts], frozen=True, kw_only=True, tag=STEP_COMPLETED):
    """A step of a workflow ended, well or not."""


class WorkflowCompleted(Body[EndFacts], frozen=True, kw_only=True, tag=WORKFLOW_COMPLETED):
    """A workflow ended, well or not."""


class FailureDetected(Body[FailureFacts], frozen=True, kw_only=True, tag=FAILURE_DETECTED):
    """The first step of a workflow's run failed; later failures of the run are not told so."""


class RunFinished(Body[FinishFacts], frozen=True, kw_only=True, tag=RUN_FINISHED):
    """A run at a server is over: every task of it is done, failed or blocked."""


class RunStopped(Body[RunStopFacts], frozen=True, kw_only=True, tag=RUN_STOP):
    """A run of conductor-loop ended: completed, failed or crashed; or ended otherwise than told."""


class OpenBody(Head, frozen=True, kw_only=True):
    """The envelope of every body: a known type, and data."""

    type: Known
    data: dict[str, Any]


SHAPES: Mapping[str, type[Head]] = {
    TASK_COMPLETED: TaskCompleted,
    TASK_IN_REVIEW: TaskInReview,
    TASK_TRANSITIONED: TaskTransitioned,
    STAGE_COMPLETED: StageCompleted,
    PIPELINE_COMPLETED: PipelineCompleted,
    CONSENSUS_CONFLICT: ConsensusConflict,
    WORKFLOW_STARTED: WorkflowStarted,
    STEP_COMPLETED: StepCompleted,
    WORKFLOW_COMPLETED: WorkflowCompleted,
    FAILURE_DETECTED: FailureDetected,
    RUN_FINISHED: RunFinished,
    RUN_STOP: RunStopped,
    TEAM_COMPLETED: TeamCompleted,
    TEAM_FAILED: TeamFailed,
    TEAM_TIMED_OUT: TeamTimedOut,
    TEST: Sample,
    DEAD_LETTERED: DeadLettered,
    RECOVERED: Recovered,
}


def encoded(type_: str, facts: Facts, now: int) -> bytes:
    """Answer the bytes of a body: these are stored, signed and sent."""
    shape: Any = SHAPES[type_]
    body = shape(
        timestamp=rfc3339(now), schema_version=SCHEMA_VERSION, id=facts.idempotency_key, data=facts
    )
    return orjson.dumps(msgspec.to_builtins(body))
