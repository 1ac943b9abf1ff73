"""The parts a native body is made of, and how people's words fit into them.

Contract, section 5. Within 1.x a part only grows.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .spec_id import Rule
from .status import CANONICAL

LONGEST, LONGEST_NAME = 300, 48
"""Code points of people's words, and of a name, that a body repeats."""
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
Outcome = Literal["success", "failure", "halt"]


class Absent(msgspec.Struct, frozen=True, kw_only=True):
    """Why a block has nothing to say; its reason stands beside the null."""

    reason: str


class Part(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A part of a body; its wire names are camelCase."""


class Facts(Part, frozen=True, kw_only=True):
    """The data of an event; the key is the event's id."""

    idempotency_key: EventId


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


class StageResult(Part, frozen=True, kw_only=True):
    """How a stage ended, and how long it took where both ends are known."""

    name: str
    outcome: Outcome
    started_at: Instant | None
    completed_at: Instant
    duration_ms: Annotated[int, Meta(ge=0)] | None


class RunStep(Part, frozen=True, kw_only=True):
    """A stage in its run; all but its name is null for one that did not run."""

    stage: str
    outcome: Outcome | None
    completed_at: Instant | None
    session_id: str | None
    path: RepoPath | None


class Run(Part, frozen=True, kw_only=True):
    """A run of all stages; skipped ones did not run, failed ones failed or halted."""

    outcome: Outcome
    ended_by: str
    total: int
    passed: int
    failed: int
    skipped: int
    started_at: Instant | None
    completed_at: Instant
    duration_ms: Annotated[int, Meta(ge=0)] | None
    stages: tuple[RunStep, ...]


class Conflict(Part, frozen=True, kw_only=True):
    """What agents did not agree on; conflicts is null where nobody counted them."""

    stage: str | None
    conflicts: Annotated[int, Meta(ge=0)] | None


P = TypeVar("P", bound=Part)


def block(found: P | Absent) -> P | None:
    """Answer a block, or null for one that is absent."""
    return None if isinstance(found, Absent) else found


def reason(found: object) -> str | UnsetType:
    """Answer what stands beside a null: why there is no such block."""
    return fitted(found.reason) if isinstance(found, Absent) else UNSET


def clean_git(git: Git | Absent) -> Git | Absent:
    """Answer a git block of which every word can be carried by JSON."""
    if isinstance(git, Absent):
        return git
    return msgspec.structs.replace(
        git,
        repository=whole(git.repository),
        branch=None if git.branch is None else whole(git.branch),
        author=None if git.author is None else fitted(git.author, LONGEST_NAME),
    )


def whole(text: str) -> str:
    """Answer text uncut, with U+FFFD for control characters and lone surrogates."""
    # A file name need not be UTF-8, and no JSON can carry what is not.
    return _UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def fitted(text: str, longest: int = LONGEST) -> str:
    """Answer text of people, without e-mail addresses, in at most `longest` code points."""
    # No more of a cell is searched than could be shown.
    text = whole(text[: 4 * LONGEST])
    if "@" in text:
        text = _EMAIL.sub(r"\1", text)
    return text if len(text) <= longest else text[: longest - 1] + "…"
