"""The native body: what an event says to the world.

Contract, section 5. The shapes below are checked before spooling and published as JSON Schema;
within 1.x they only grow.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Generic, Literal, TypeVar

import msgspec
import orjson
from msgspec import UNSET, Meta, UnsetType

from .errors import PayloadError, UsageError
from .event import (
    DEAD_LETTERED,
    RECOVERED,
    TASK_COMPLETED,
    TASK_IN_REVIEW,
    TASK_TRANSITIONED,
    TEST,
    TYPES,
    Event,
    event_id,
)
from .instant import rfc3339
from .snapshot import Task, Transition
from .spec_id import Rule, SpecId
from .status import CANONICAL, DONE, IN_PROGRESS, IN_REVIEW, Status

if TYPE_CHECKING:
    from collections.abc import Mapping

SCHEMA_VERSION = "1.0"
LONGEST, LONGEST_NAME, MOST_OWNERS = 300, 48, 10
_UNSPEAKABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_EMAIL = re.compile(r"([^\s@<>()\[\],;:\"|]{1,64})@[\w-]+(?:\.[\w-]+)*\.[^\W\d_]{2,}")

Instant = Annotated[
    str,
    Meta(
        pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$",
        extra_json_schema={"format": "date-time"},
    ),
]
EventId = Annotated[str, Meta(pattern="^evt_[a-z2-7]{26}$")]
Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
RepoPath = Annotated[
    str, Meta(pattern=r"^(?!/|[A-Za-z]:[\\/])", description="Repository-relative.")
]
Words = Annotated[str, Meta(max_length=LONGEST)]
Canonical = Annotated[
    str, Meta(pattern=f"^({'|'.join(CANONICAL)})$", extra_json_schema={"enum": list(CANONICAL)})
]
Known = Annotated[
    str,
    Meta(pattern=f"^({'|'.join(map(re.escape, TYPES))})$", extra_json_schema={"enum": list(TYPES)}),
]
Outcome = Literal["success", "failure", "halt"]


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Why a block has nothing to say; its reason stands beside the null."""

    reason: str


_NO_CHECKLIST = Absent(reason="no checklist was looked for")


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a body; its wire names are camelCase."""


class Spec(Part, frozen=True, kw_only=True):
    """The SPEC of the task, and the rule that found it."""

    id: str
    matched_by: Rule


class Row(Part, frozen=True, kw_only=True):
    """The task as its document shows it; statusText is the cell as written."""

    id: str | None
    title: Words
    status: Canonical
    status_text: Words
    owners: tuple[str, ...]
    document: RepoPath
    line: Annotated[int, Meta(ge=1)]
    section: Words | None


class Change(Part, frozen=True, kw_only=True):
    """The change of status; from is null for a task that appeared with it."""

    from_: Canonical | None = msgspec.field(name="from")
    to: Canonical
    occurrence: Annotated[int, Meta(ge=1)]
    appeared: bool
    detected_at: Instant
    flags: tuple[str, ...]


class Git(Part, frozen=True, kw_only=True):
    """Where the change was seen; author only when the row is as HEAD has it."""

    repository: str
    branch: str | None
    commit: str | None
    author: str | None
    dirty: bool


class Telemetry(Part, frozen=True, kw_only=True):
    """Pointer to the newest valid stage telemetry of the SPEC."""

    schema_version: int
    stage: str
    status: Outcome
    timestamp: Instant
    session_id: str
    path: RepoPath
    sha256: Sha256
    size: Annotated[int, Meta(ge=0)]
    artifacts: tuple[RepoPath, ...]


class Agent(Part, frozen=True, kw_only=True):
    """One agent that took part in a consensus."""

    agent: str | None
    model: str | None
    model_release: str | None
    reasoning_mode: str | None


class Consensus(Part, frozen=True, kw_only=True):
    """Pointer to the newest consensus synthesis of the SPEC; status as its writer put it."""

    status: str
    stage: str | None
    timestamp: Instant | None
    agents: tuple[Agent, ...]
    path: RepoPath
    sha256: Sha256
    size: Annotated[int, Meta(ge=0)]


class Evidence(Part, frozen=True, kw_only=True):
    """Where the attempts to deliver are recorded."""

    directory: RepoPath


class Review(Part, frozen=True, kw_only=True):
    """Who has yet to review, and the checklist to review by."""

    pending: tuple[str, ...]
    checklist: RepoPath | None


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
B = TypeVar("B", bound=Part)


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
        body=_body(arrival(after), facts, now),
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
    # Not at the top: a look builds events too, and has no use for records.
    from .evidence import directory

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
    body = _body(TEST, SampleFacts(**msgspec.structs.asdict(facts), test=True), now)
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


def validate(body: bytes | Mapping[str, object]) -> None:
    """Check a body, as bytes or decoded, against its type. Raises PayloadError."""
    type_ = "event"
    try:
        known = orjson.loads(body) if isinstance(body, bytes) else body
        type_ = msgspec.convert(known, OpenBody).type
        if type_ in SHAPES:
            msgspec.convert(known, SHAPES[type_])
    except (ValueError, RecursionError) as error:
        raise PayloadError(type_, str(error)) from error


def json_schema(type_: str | None = None) -> dict[str, object]:
    """Answer the JSON Schema (draft 2020-12) of a type's body, or of all. Raises UsageError.

    Unknown members are allowed, as bodies grow within 1.x.
    """
    if type_ is not None and type_ not in TYPES:
        raise UsageError(f"{type_!r} is no event type: one of {', '.join(TYPES)}")
    wanted = TYPES if type_ is None else (type_,)
    shapes = [SHAPES.get(name, OpenBody) for name in wanted]
    bodies, parts = msgspec.json.schema_components(shapes, ref_template="#/$defs/{name}")
    schemas = [
        {**body, "properties": {"type": {"const": name}}}
        for name, body in zip(wanted, bodies, strict=True)
    ]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:spec-notify:schema:{SCHEMA_VERSION}:{type_ or 'event'}",
        "title": type_ or "event",
        "description": shapes[0].__doc__ if type_ else "Any event spec-notify may send.",
        **(schemas[0] if type_ else {"oneOf": schemas}),
        "$defs": parts,
    }


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
        git=_block(_clean_git(around.git)),
        git_reason=_reason(around.git),
        telemetry=_block(around.telemetry),
        telemetry_reason=_reason(around.telemetry),
        consensus=_block(around.consensus),
        consensus_reason=_reason(around.consensus),
        evidence=Evidence(directory=around.evidence),
    )


def _in_review(facts: TaskFacts, checklist: str | Absent) -> ReviewFacts:
    found = None if isinstance(checklist, Absent) else _whole(checklist)
    return ReviewFacts(
        **msgspec.structs.asdict(facts),
        review=Review(pending=facts.task.owners, checklist=found),
        review_reason=_reason(checklist),
    )


def _spec(found: SpecId) -> Spec | None:
    if found.id is None or found.matched_by is None:
        return None
    return Spec(id=_whole(found.id), matched_by=found.matched_by)


def _row(task: Task, after: Status, document: str) -> Row:
    return Row(
        id=None if task.id is None else _words(task.id),
        title=_words(task.title),
        status=after.canonical,
        status_text=_words(after.raw),
        owners=tuple(_words(owner, LONGEST_NAME) for owner in task.owners[:MOST_OWNERS]),
        document=_whole(document),
        line=task.line,
        section=None if task.section is None else _words(task.section),
    )


def _clean_git(git: Git | Absent) -> Git | Absent:
    if isinstance(git, Absent):
        return git
    return msgspec.structs.replace(
        git,
        repository=_whole(git.repository),
        branch=None if git.branch is None else _whole(git.branch),
        author=None if git.author is None else _words(git.author, LONGEST_NAME),
    )


def _block(found: B | Absent) -> B | None:
    return None if isinstance(found, Absent) else found


def _reason(found: object) -> str | UnsetType:
    return _words(found.reason) if isinstance(found, Absent) else UNSET


def _whole(text: str) -> str:
    # What no JSON can carry: a file name need not be UTF-8.
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def _words(text: str, longest: int = LONGEST) -> str:
    """Answer text of people, without e-mail addresses, in at most `longest` code points."""
    # No more of a cell is searched than could be shown.
    text = _whole(text[: 4 * LONGEST])
    if "@" in text:
        text = _EMAIL.sub(r"\1", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _body(type_: str, facts: Facts, now: int) -> bytes:
    shape: Any = SHAPES[type_]
    body = shape(
        timestamp=rfc3339(now), schema_version=SCHEMA_VERSION, id=facts.idempotency_key, data=facts
    )
    return orjson.dumps(msgspec.to_builtins(body))
