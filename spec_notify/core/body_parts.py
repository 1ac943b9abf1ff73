"""The parts a native body is made of, and how people's words fit into them.

Contract, section 5. Within 1.x a part only grows.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

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
