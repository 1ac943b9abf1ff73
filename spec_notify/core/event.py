"""An event: what happened, with an id that is the same whoever saw it.

Contract, section 5: types, ids, and the native body.
"""

from __future__ import annotations

import base64
import hashlib

import msgspec

TASK_COMPLETED = "spec-kit.task.completed"
TASK_IN_REVIEW = "spec-kit.task.in_review"
TASK_TRANSITIONED = "spec-kit.task.transitioned"
STAGE_COMPLETED = "spec-auto.stage.completed"
PIPELINE_COMPLETED = "spec-auto.pipeline.completed"
CONSENSUS_CONFLICT = "spec-auto.anomaly.consensus_conflict"
WORKFLOW_STARTED = "workflow.started"
STEP_COMPLETED = "step.completed"
WORKFLOW_COMPLETED = "workflow.completed"
FAILURE_DETECTED = "failure.detected"
RUN_STOP = "run_stop"
RUN_FINISHED = "run.finished"
TEAM_COMPLETED = "team.completed"
TEAM_FAILED = "team.failed"
TEAM_TIMED_OUT = "team.timedout"
TEST = "spec-notify.test"
DEAD_LETTERED = "delivery.dead_lettered"
RECOVERED = "delivery.recovered"

TYPES = (
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
    STAGE_COMPLETED,
    PIPELINE_COMPLETED,
    CONSENSUS_CONFLICT,
    RUN_STOP,
    RUN_FINISHED,
    TEAM_COMPLETED,
    TEAM_FAILED,
    TEAM_TIMED_OUT,
    WORKFLOW_STARTED,
    STEP_COMPLETED,
    WORKFLOW_COMPLETED,
    FAILURE_DETECTED,
    TEST,
    DEAD_LETTERED,
    RECOVERED,
)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored and sent: `body` is built once and never changes. `at` is milliseconds UTC.

    The other fields repeat facts of the body for routing, listing and evidence.
    """

    id: str
    type: str
    at: int
    body: bytes
    task: str | None = None
    status: str | None = None
    spec: str | None = None
    document: str | None = None
    owners: tuple[str, ...] = ()
    branch: str | None = None
    heard: bool = False
    """This arrival was already told on another branch: only `branches` filters hear it again."""


def event_id(*facts: str | int) -> str:
    """Answer `evt_` and 26 base32 characters over the facts that make an event this one."""
    return "evt_" + _digest(facts)


def delivery_id(event: str, subscription: str) -> str:
    """Answer `dlv_` and 26 base32 characters over an event and a subscription's name."""
    return "dlv_" + _digest((event, subscription))


def _digest(facts: tuple[str | int, ...]) -> str:
    # A separator no fact can hold keeps ("a", "bc") and ("ab", "c") apart.
    joined = "\x00".join(str(fact) for fact in facts)
    digest = hashlib.sha256(joined.encode("utf-8", "surrogatepass")).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:26]
