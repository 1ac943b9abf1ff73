"""A document followed from piece to piece, with the memory of rows that vanished."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.renumbering import standing_name
from spec_notify.core.snapshot import VANISHED, Snapshot, Transition, diff

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from spec_notify.core.snapshot import Task
    from spec_notify.core.status import Status

MOST_VANISHED = 1_000
"""Rows of a document that are remembered after they are gone; the longest gone are let go."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A transition and where it was seen: on which branch, in which commit (None: working tree)."""

    transition: Transition
    branch: str | None
    commit: str | None
    counted: bool = False
    """Its key, or the words it is known by, stand elsewhere too: memory cannot speak for it."""
    name: str = ""
    """Under what its arrival is remembered, where its key may name another task one day."""


class Trail:
    """Where a document was last seen, what changed on the way, and what is gone since."""

    def __init__(
        self, start: Snapshot, vanished: Mapping[str, Status], *, most: int = MOST_VANISHED
    ) -> None:
        self._most = most
        self._current: Snapshot | None = start
        self.vanished = dict(vanished)
        self.changes: list[Change] = []

    def rest(self, snapshot: Snapshot | None) -> None:
        """Take the document as it stands; None where it was not there.

        What a silent move took away is not gone: it stands where HEAD was.
        """
        self._current = snapshot
        for task in snapshot.tasks if snapshot else ():
            self.vanished.pop(standing_name(task), None)
            self.vanished.pop(task.key, None)

    def compare(
        self,
        after: Snapshot,
        branch: str | None,
        commit: str | None,
        untouched_since: Snapshot | None = None,
    ) -> None:
        """Keep what changed since the last stand, less the rows that stood so all along."""
        if self._current is not None:
            found = _told(diff(self._current, after, self.vanished))
            counts = Counter(part for task in after.tasks for part in _parts(task))
            untouched = _rows(untouched_since)
            self.changes += [
                Change(
                    transition=each,
                    branch=branch,
                    commit=commit,
                    counted=_counted(each, counts),
                    name=standing_name(each.task),
                )
                for each in found
                if (standing_name(each.task), each.after) not in untouched
            ]
            self._remember(found)
        self.rest(after)

    def _remember(self, found: Iterable[Transition]) -> None:
        for each in found:
            if each.kind == VANISHED and each.before is not None:
                name = standing_name(each.task)
                self.vanished.pop(name, None)
                self.vanished[name] = each.before
        for key in list(self.vanished)[: -self._most]:
            del self.vanished[key]


def _told(found: Iterable[Transition]) -> list[Transition]:
    """Leave out what only seems new; a row that is gone comes before one that has its key now."""
    return sorted(
        (each for each in found if not each.doubted), key=lambda each: each.kind != VANISHED
    )


def _counted(found: Transition, counts: Mapping[str, int]) -> bool:
    # A row that vanished does not count itself.
    own = 0 if found.after is None else 1
    return any(counts[part] > own for part in _parts(found.task))


def _parts(task: Task) -> list[str]:
    return standing_name(task).split("\n")


def _rows(snapshot: Snapshot | None) -> set[tuple[str, Status | None]]:
    if snapshot is None:
        return set()
    return {(standing_name(task), task.status) for task in snapshot.tasks}
