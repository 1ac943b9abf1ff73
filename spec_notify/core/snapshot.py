"""A document's tasks as values, and the one `diff` between two of them."""

from __future__ import annotations

import msgspec

from .status import Status


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something a reader saw and a user may want to know: a code, where, and words."""

    code: str
    message: str
    line: int | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A row or checkbox. `key` is its identity in the document; `line` counts from 1."""

    key: str
    id: str | None
    title: str
    status: Status
    line: int
    section: str | None = None
    owners: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    """Raw cells a SPEC id may be read from: PRD first, then Evidence, then the others."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks of one document at one moment, in line order."""

    document: str
    format: str
    tasks: tuple[Task, ...] = ()
    notices: tuple[Notice, ...] = ()


class Transition(msgspec.Struct, frozen=True, kw_only=True):
    """One task's change of status between two snapshots.

    `before` is None for a task that appeared, `after` for one that vanished. `kind` is
    completed, in_review, reopened, changed, appeared or vanished (contract, section 8).
    """

    task: Task
    kind: str
    before: Status | None
    after: Status | None
    appeared: bool = False
    flags: tuple[str, ...] = ()
