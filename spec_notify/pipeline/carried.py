"""Rows that a silent move carried along uncommitted: quiet then, and news once a commit has them.

Contract, section 4, "Git": a silent move's document is a baseline as it stands, and commits count.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeAlias

    from spec_notify.core.snapshot import Snapshot
    from spec_notify.core.status import Status

    Carried: TypeAlias = Mapping[str, Status | None]


def carried(committed: Snapshot, standing: Snapshot) -> dict[str, Status | None]:
    """Answer what HEAD says of each row that stands otherwise than there; None: it has no such row.

    A key that stands twice could be either row, so it is left out.
    """
    there, here = _by_key(committed), _by_key(standing)
    return {key: there.get(key) for key, status in here.items() if there.get(key) != status}


def brought(known: Carried, committed: Snapshot) -> dict[str, Status | None]:
    """Answer which of the carried rows a commit has otherwise than the one before them."""
    there = _by_key(committed)
    return {key: each for key, each in known.items() if key in there and there[key] != each}


def still(known: Carried, committed: Snapshot, standing: Snapshot) -> dict[str, Status | None]:
    """Answer which of the carried rows no commit has brought yet, and nobody has put back."""
    there, here = _by_key(committed), _by_key(standing)
    return {
        key: before
        for key, before in known.items()
        if there.get(key) == before and key in here and here[key] != before
    }


def put_back(before: Snapshot, rows: Carried) -> Snapshot:
    """Answer a snapshot with these rows as the commit had them that they were carried over."""
    tasks = [
        each if each.key not in rows else msgspec.structs.replace(each, status=status)
        for each in before.tasks
        if (status := rows.get(each.key, each.status)) is not None
    ]
    return msgspec.structs.replace(before, tasks=tuple(tasks))


def _by_key(snapshot: Snapshot) -> dict[str, Status]:
    counts = Counter(task.key for task in snapshot.tasks)
    return {task.key: task.status for task in snapshot.tasks if counts[task.key] == 1}
