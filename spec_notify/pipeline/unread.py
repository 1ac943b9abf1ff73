"""Parts of a feed that could not be read: named, standing as they stood, and later a baseline."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.pipeline.trail import Change
    from spec_notify.ports import Fed, Feed, StoredDocument

MOST_NAMED = 20
"""Parts of a feed that a look names because they cannot be read."""


def named(name: str, fed: Fed) -> dict[str, str]:
    """Answer the parts that could not be read, and why; of many, how many more there are."""
    told = {f"{name}/{each.place}": each.why for each in fed.unread[:MOST_NAMED]}
    more = len(fed.unread) - len(told)
    return told | ({name: f"{more} more of its parts cannot be read"} if more > 0 else {})


def whole(fed: Fed, before: StoredDocument | None) -> Snapshot:
    """Answer a snapshot in which what could not be read stands as it stood."""
    if not fed.unread:
        return fed.snapshot
    places = {each.place for each in fed.unread}
    if before is None:
        return replace(fed.snapshot, unread=tuple(sorted(places)))
    missed = frozenset(key for each in fed.unread for key in each.keys)
    read = {task.key for task in fed.snapshot.tasks}
    stand = (task for task in before.snapshot.tasks if task.key in missed - read)
    return replace(
        fed.snapshot,
        tasks=(*fed.snapshot.tasks, *stand),
        unread=tuple(each for each in before.snapshot.unread if each in places),
    )


def is_first(feed: Feed, change: Change, unread: frozenset[str]) -> bool:
    """Say whether a task appeared only because its part of a feed could be read at last."""
    if not unread or change.transition.before is not None:
        return False
    parts = feed.stands_at(change.transition.task).split("/")
    return not unread.isdisjoint(accumulate(parts, "{}/{}".format))
