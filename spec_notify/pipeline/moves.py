"""Which document that is gone is which that came: a move is no news (contract, section 4).

A document may move to any watched path, and to where its tool keeps what is finished.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from glob import escape
from typing import TYPE_CHECKING

from spec_notify.core.globs import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from spec_notify.pipeline.following import Found
    from spec_notify.ports import StoredDocument

_CHANGE = re.compile(r"(?P<root>(?:.+/)?)openspec/changes/(?P<id>[^/]+)/tasks\.md")
_TASK = re.compile(r"(?P<root>(?:.+/)?)backlog/(?:tasks|completed)/(?P<name>[^/]+\.md)")
_ARCHIVED = re.compile(
    r"(?:.+/)?(?:openspec/changes/archive/[^/]+/tasks\.md|backlog/(?:completed|archive)/.+\.md)"
)


def archives(path: str) -> tuple[str, ...]:
    """Answer patterns of where a document's tool puts it when it is finished."""
    if change := _CHANGE.fullmatch(path):
        return (
            f"{escape(change['root'])}openspec/changes/archive/*-{escape(change['id'])}/tasks.md",
        )
    if task := _TASK.fullmatch(path):
        root, name = escape(task["root"]), escape(task["name"])
        return (f"{root}backlog/completed/{name}", f"{root}backlog/archive/**/{name}")
    return ()


def is_archived(path: str) -> bool:
    """Say whether a path is one a finished document moves to, and may come back from."""
    return _ARCHIVED.fullmatch(path) is not None


def paired(
    gone: Mapping[str, StoredDocument], came: Mapping[str, Found], watched: Collection[str]
) -> dict[str, str]:
    """Answer new path → old path of the documents that moved; each is paired once or not at all.

    The same bytes are the same document; so are others in which at least half of its tasks stand,
    by key and title. Two that could be meant leave all of them as they are. `watched` paths may
    be reached from anywhere, any other only by way of `archives`.
    """
    pairs: dict[str, str] = {}
    for likeness in (_same_bytes, _same_tasks):
        left = {old: each for old, each in gone.items() if old not in pairs.values()}
        free = {new: each for new, each in came.items() if new not in pairs}
        pairs |= _mutual(
            (old, new) for old, new in likeness(left, free) if _reaches(old, new, watched)
        )
    return pairs


def _reaches(old: str, new: str, watched: Collection[str]) -> bool:
    return new in watched or any(matches(new, glob) for glob in archives(old))


def _mutual(alike: Iterable[tuple[str, str]]) -> dict[str, str]:
    found = list(alike)
    olds, news = Counter(old for old, _ in found), Counter(new for _, new in found)
    return {new: old for old, new in found if olds[old] == news[new] == 1}


def _same_bytes(
    gone: Mapping[str, StoredDocument], came: Mapping[str, Found]
) -> Iterable[tuple[str, str]]:
    places = defaultdict(list)
    for new, each in came.items():
        places[each.digest].append(new)
    return ((old, new) for old, each in gone.items() for new in places[each.digest])


def _same_tasks(
    gone: Mapping[str, StoredDocument], came: Mapping[str, Found]
) -> Iterable[tuple[str, str]]:
    places = defaultdict(list)
    for new, each in came.items():
        for task in _tasks(each):
            places[task].append(new)
    for old, stored in gone.items():
        tasks = _tasks(stored)
        hits = Counter(new for task in tasks for new in places[task])
        yield from ((old, new) for new, count in hits.items() if count * 2 >= len(tasks))


def _tasks(document: StoredDocument | Found) -> set[tuple[str, str]]:
    return {(task.key, task.title) for task in document.snapshot.tasks}
