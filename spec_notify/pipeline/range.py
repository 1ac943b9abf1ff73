"""The changes a range of commits made, each at the path where it was made.

The steps are those of `history`; a trail over them adds the memory of rows, and of documents,
that were gone in between (contract, section 8).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.pipeline.chronicle import Chronicle, Step
from spec_notify.pipeline.rules import Rules
from spec_notify.pipeline.trail import Change, Trail

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Notice, Snapshot
    from spec_notify.ports import Commit, Log


class Span(msgspec.Struct, frozen=True, kw_only=True):
    """A range of commits, by full names, and the branch it is told under."""

    tip: str
    since: str
    branch: str | None


class Made(msgspec.Struct, kw_only=True):
    """What was changed in a document while it was at one path."""

    changes: list[Change] = []


class Range:
    """Goes through a range once; `commits`, `documents` and `notices` fill up on the way."""

    def __init__(self, log: Log, config: Config, span: Span) -> None:
        self._span = span
        self._chronicle = Chronicle(log, Rules(config), config.paths, remark=self._remark)
        # Where first parents do not lead back to `since`, as after a merge the other way round or
        # a rewritten branch, its rows were told although no commit of the range is behind it.
        self._told_at = None if log.leads(span.since, span.tip) else span.since
        self._stood: dict[str, Snapshot | None] = {}
        self._trails: dict[str, Trail] = {}
        self._last: dict[str, Snapshot] = {}
        self.commits: dict[str, None] = {}
        self.documents: dict[str, Made] = {}
        self._remarks: list[tuple[str, Notice]] = []

    @property
    def notices(self) -> tuple[tuple[str, Notice], ...]:
        """What was left out, and what the documents as the range leaves them warn of."""
        last = ((path, notice) for path, each in self._last.items() for notice in each.notices)
        return (*self._remarks, *last)

    def read(self) -> None:
        """Read all of it. Raises UnansweredError when git could not be asked."""
        for step in self._chronicle.steps(self._span.tip, since=self._span.since):
            self.commits[step.commit.name] = None
            self._follow(step)

    def _follow(self, step: Step) -> None:
        path = step.after.path
        trail = self._trail(step)
        changed = len(trail.changes)
        trail.compare(
            step.after.snapshot,
            self._span.branch,
            step.commit.name,
            untouched_since=self._told(path),
        )
        made = self.documents.setdefault(path, Made())
        made.changes += trail.changes[changed:]
        self._last[path] = step.after.snapshot

    def _trail(self, step: Step) -> Trail:
        before, after = step.before, step.after
        old = before.path if before else after.path
        self._last.pop(old, None)
        trail = self._trails.pop(old, None)
        if trail is None:
            trail = Trail((before or after).snapshot, {})
        if before is not None:
            # The same tasks, read in this commit's manner.
            trail.rest(before.snapshot)
        self._trails[after.path] = trail
        return trail

    def _told(self, path: str) -> Snapshot | None:
        if self._told_at is None:
            return None
        if path not in self._stood:
            self._stood[path] = self._chronicle.editions.as_of(self._told_at, path)
        return self._stood[path]

    def _remark(self, commit: Commit, document: str, notice: Notice) -> None:
        name = commit.name[:12]
        if document:
            notice = msgspec.structs.replace(notice, message=f"{notice.message} ({name})")
        self._remarks.append((document or name, notice))
