"""What an event says to the world: its native body, built once from what is known.

Contract, section 5. The shapes are in `body`; nothing here invents a fact it was not given.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import orjson
from msgspec import UNSET

from .body import SCHEMA_VERSION, ReviewFacts, SampleFacts, TaskFacts, encoded
from .body_parts import (
    LONGEST_NAME,
    Absent,
    Change,
    Consensus,
    Evidence,
    Git,
    Review,
    Row,
    Spec,
    Telemetry,
    block,
    clean_git,
    fitted,
    reason,
    whole,
)
from .event import TASK_COMPLETED, TASK_IN_REVIEW, TASK_TRANSITIONED, TEST, Event, event_id
from .evidence import directory
from .instant import rfc3339
from .snapshot import Task, Transition
from .spec_id import SpecId
from .status import DONE, IN_PROGRESS, IN_REVIEW, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

MOST_OWNERS = 10
_NO_CHECKLIST = Absent(reason="no checklist was looked for")

_DONE = Status(canonical=DONE, text="done", raw="Done")
_SAMPLE = Transition(
    task=Task(key="TEST", id="TEST", title="A test of this subscription", status=_DONE, line=1),
    kind="completed",
    before=Status(canonical=IN_PROGRESS, text="in progress", raw="In Progress"),
    after=_DONE,
)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known around a task; `evidence` is the directory its attempts are recorded in."""

    spec: SpecId
    git: Git | Absent
    telemetry: Telemetry | Absent
    consensus: Consensus | Absent
    evidence: str


def arrival(after: Status) -> str:
    """Answer the type of the event that tells an arrival in a status."""
    return {DONE: TASK_COMPLETED, IN_REVIEW: TASK_IN_REVIEW}.get(after.canonical, TASK_TRANSITIONED)


def build_task_event(
    transition: Transition,
    around: Surroundings,
    *,
    document: str,
    repository: str,
    generation: str,
    occurrence: int,
    now: int,
    checklist: str | Absent = _NO_CHECKLIST,
    commit: str | None = None,
    heard: bool = False,
) -> Event:
    """Build the event of a task's arrival in a status; its body is made here, once.

    `occurrence` counts from 1; a `commit` stands in its place in the id (contract, section 5,
    "Ids"). `checklist` is told In Review alone. Raises ValueError for a task that vanished.
    """
    task, after = transition.task, transition.after
    if after is None:
        raise ValueError(f"{task.key} vanished: that is no arrival")
    to, count = after.canonical, commit or occurrence
    key = event_id(repository, generation, document, task.key, to, count)
    facts = _task_facts(
        key, transition, after, around, document=document, now=now, count=occurrence
    )
    if to == IN_REVIEW:
        facts = _in_review(facts, checklist)
    return Event(
        id=key,
        type=arrival(after),
        at=now,
        body=encoded(arrival(after), facts, now),
        task=task.id,
        status=to,
        spec=around.spec.id,
        document=document,
        owners=task.owners,
        branch=around.git.branch if isinstance(around.git, Git) else None,
        heard=heard,
    )


def build_test_event(
    *, repository: str, nonce: str, now: int, spec: str | None = None, evidence: str = "evidence"
) -> Event:
    """Build a `spec-notify.test`: what a completed task would say, and that none was.

    `nonce` makes this test's id its own; `evidence` is the root attempts are recorded under.
    """
    none = Absent(reason="a test is about no task")
    around = Surroundings(
        spec=SpecId(id=spec, matched_by="id", reason=none.reason),
        git=none,
        telemetry=none,
        consensus=none,
        evidence=directory(evidence, spec),
    )
    key = event_id(repository, TEST, nonce)
    facts = _task_facts(key, _SAMPLE, _DONE, around, document="SPEC.md", now=now, count=1)
    body = encoded(TEST, SampleFacts(**msgspec.structs.asdict(facts), test=True), now)
    return Event(id=key, type=TEST, at=now, body=body, task=_SAMPLE.task.id, status=DONE, spec=spec)


def build_plain_event(
    type_: str,
    data: Mapping[str, object],
    *facts: str | int,
    now: int,
    task: str | None = None,
    spec: str | None = None,
) -> Event:
    """Build an event whose data are given; `facts` are what makes its id its own."""
    key = event_id(type_, *facts)
    body = {
        "type": type_,
        "timestamp": rfc3339(now),
        "schemaVersion": SCHEMA_VERSION,
        "id": key,
        "data": {"idempotencyKey": key, **data},
    }
    return Event(id=key, type=type_, at=now, body=orjson.dumps(body), task=task, spec=spec)


def _task_facts(
    key: str,
    transition: Transition,
    after: Status,
    around: Surroundings,
    *,
    document: str,
    count: int,
    now: int,
) -> TaskFacts:
    before = transition.before
    return TaskFacts(
        idempotency_key=key,
        spec=_spec(around.spec),
        spec_reason=UNSET if around.spec.id else around.spec.reason or "no rule named one",
        task=_row(transition.task, after, document),
        transition=Change(
            from_=before.canonical if before else None,
            to=after.canonical,
            occurrence=count,
            appeared=transition.appeared,
            detected_at=rfc3339(now),
            flags=transition.flags,
        ),
        git=block(clean_git(around.git)),
        git_reason=reason(around.git),
        telemetry=block(around.telemetry),
        telemetry_reason=reason(around.telemetry),
        consensus=block(around.consensus),
        consensus_reason=reason(around.consensus),
        evidence=Evidence(directory=around.evidence),
    )


def _in_review(facts: TaskFacts, checklist: str | Absent) -> ReviewFacts:
    found = None if isinstance(checklist, Absent) else whole(checklist)
    return ReviewFacts(
        **msgspec.structs.asdict(facts),
        review=Review(pending=facts.task.owners, checklist=found),
        review_reason=reason(checklist),
    )


def _spec(found: SpecId) -> Spec | None:
    if found.id is None or found.matched_by is None:
        return None
    return Spec(id=whole(found.id), matched_by=found.matched_by)


def _row(task: Task, after: Status, document: str) -> Row:
    return Row(
        id=None if task.id is None else fitted(task.id),
        title=fitted(task.title),
        status=after.canonical,
        status_text=fitted(after.raw),
        owners=tuple(fitted(owner, LONGEST_NAME) for owner in task.owners[:MOST_OWNERS]),
        document=whole(document),
        line=task.line,
        section=None if task.section is None else fitted(task.section),
    )
