"""A document followed from piece to piece, with the memory of rows that vanished."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.snapshot import Snapshot, Transition, diff

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spec_notify.core.status import Status


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A transition and where it was seen: on which branch, in which commit (None: working tree)."""

    transition: Transition
    branch: str | None
    commit: str | None
    counted: bool = False
    """Its key stands more than once in the document: memory by key cannot speak for it."""


class Trail:
    """Where a document was last seen, what changed on the way, and what is gone since."""

    def __init__(self, start: Snapshot, vanished: Mapping[str, Status]) -> None:
        self._current: Snapshot | None = start
        self.vanished = dict(vanished)
        self.changes: list[Change] = []

    def rest(self, snapshot: Snapshot | None) -> None:
        """Take the document as it stands; None where it was not there."""
        if snapshot is not None:
            self._remember(snapshot)
        self._current = snapshot

    def compare(
        self,
        after: Snapshot,
        branch: str | None,
        commit: str | None,
        untouched_since: Snapshot | None = None,
    ) -> None:
        """Keep what changed since the last stand, less the rows that stood so all along."""
        if self._current is not None:
            counts = Counter(task.key for task in after.tasks)
            untouched = _rows(untouched_since)
            self.changes += [
                Change(
                    transition=each,
                    branch=branch,
                    commit=commit,
                    counted=counts[each.task.key] > 1,
                )
                for each in diff(self._current, after, self.vanished)
                if (each.task.key, each.after) not in untouched
            ]
        self.rest(after)

    def _remember(self, after: Snapshot) -> None:
        present = {task.key for task in after.tasks}
        for task in self._current.tasks if self._current else ():
            if task.key not in present:
                self.vanished[task.key] = task.status
        for key in present & self.vanished.keys():
            del self.vanished[key]


def _rows(snapshot: Snapshot | None) -> set[tuple[str, Status | None]]:
    return {(task.key, task.status) for task in snapshot.tasks} if snapshot else set()
