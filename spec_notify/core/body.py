"""The native body: the shape of every event as its receivers see it.

Contract, section 5. The shapes are checked before spooling and published as JSON Schema (see
`schema`); within 1.x they only grow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from msgspec import UNSET, Meta, UnsetType

from .body_parts import (
    Change,
    Consensus,
    EventId,
    Evidence,
    Git,
    Instant,
    Part,
    Review,
    Row,
    Spec,
    Telemetry,
)
from .event import (
    DEAD_LETTERED,
    RECOVERED,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
    TEST,
    TYPES,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = "1.0"

Known = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(map(re.escape, TYPES))})$", extra_json_schema={"enum": list(TYPES)}),
]


class Facts(Part, frozen=True, kw_only=True):
    """The data of an event; the key is the event's id."""

    idempotency_key: EventId


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


class Sample(Body[SampleFacts], frozen=True, kw_only=True, tag=TEST):
    """Somebody tried a subscription."""


class DeadLettered(Body[HealthFacts], frozen=True, kw_only=True, tag=DEAD_LETTERED):
    """A delivery became a dead letter."""


class Recovered(Body[HealthFacts], frozen=True, kw_only=True, tag=RECOVERED):
    """A delivery that had failed reached its target."""


class OpenBody(Head, frozen=True, kw_only=True):
    """A type that is announced but not sent yet: only its envelope is fixed."""

    type: Known
    data: dict[str, Any]


SHAPES: Mapping[str, type[Head]] = {
    TASK_COMPLETED: TaskCompleted,
    TASK_IN_REVIEW: TaskInReview,
    TASK_TRANSITIONED: TaskTransitioned,
    TEST: Sample,
    DEAD_LETTERED: DeadLettered,
    RECOVERED: Recovered,
}
