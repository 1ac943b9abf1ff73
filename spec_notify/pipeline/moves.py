"""Which document that is gone is which that came: a move is no news (contract, section 4).

A document may move to any watched path, and to where its tool keeps what is finished.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from glob import escape
from typing import TYPE_CHECKING, Protocol

from spec_notify.core.globs import matches

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from spec_notify.core.snapshot import Snapshot

_CHANGE = re.compile(r"(?P<root>(?:.+/)?)openspec/changes/(?P<id>[^/]+)/tasks\.md")
_TASK = re.compile(r"(?P<root>(?:.+/)?\.?)backlog/(?:tasks|completed)/(?P<name>[^/]+\.md)")
_ARCHIVED = re.compile(
    r"(?:.+/)?(?:openspec/changes/archive/[^/]+/tasks\.md|\.?backlog/(?:completed|archive)/.+\.md)"
)
_PUT_AWAY = re.compile(
    r"(?P<root>(?:.+/)?)(?:openspec/changes/archive/(?:\d{4}-\d{2}-\d{2}-)?(?P<change>[^/]+)/tasks\.md"
    r"|(?P<backlog>\.?backlog)/(?:completed|archive)/(?:[^/]+/)*(?P<task>[^/]+\.md))"
)

ARCHIVES = (
    "**/openspec/changes/archive/*/tasks.md",
    "**/backlog/completed/*.md",
    "**/backlog/archive/**/*.md",
    "**/.backlog/completed/*.md",
    "**/.backlog/archive/**/*.md",
)
"""Patterns of every place a tool puts a finished document; as globs they exclude nothing."""


class Known(Protocol):
    """A document as it was read."""

    @property
    def digest(self) -> str:
        """SHA-256 of its bytes."""

    @property
    def snapshot(self) -> Snapshot:
        """Its tasks."""


def archives(path: str) -> tuple[str, ...]:
    """Answer patterns of where a document's tool puts it when it is finished."""
    if change := _CHANGE.fullmatch(path):
        return (
            f"{escape(change['root'])}openspec/changes/archive/*-{escape(change['id'])}/tasks.md",
        )
    if task := _TASK.fullmatch(path):
        # Its name follows its title; what stands before the dash is its id.
        id_, dash, _ = task["name"].partition(" - ")
        root = escape(task["root"])
        name = f"{escape(id_)} - *.md" if dash else escape(task["name"])
        return (f"{root}backlog/completed/{name}", f"{root}backlog/archive/**/{name}")
    return ()


def is_archived(path: str) -> bool:
    """Say whether a path is one a finished document moves to, and may come back from."""
    return _ARCHIVED.fullmatch(path) is not None


def home(path: str) -> str | None:
    """Answer where an archived document was when it was not finished; None for any other path."""
    found = _PUT_AWAY.fullmatch(path)
    if found is None:
        return None
    if found["change"]:
        return f"{found['root']}openspec/changes/{found['change']}/tasks.md"
    return f"{found['root']}{found['backlog']}/tasks/{found['task']}"


def paired(
    gone: Mapping[str, Known], came: Mapping[str, Known], watched: Collection[str]
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


def _same_bytes(gone: Mapping[str, Known], came: Mapping[str, Known]) -> Iterable[tuple[str, str]]:
    places = defaultdict(list)
    for new, each in came.items():
        places[each.digest].append(new)
    return ((old, new) for old, each in gone.items() for new in places[each.digest])


def _same_tasks(gone: Mapping[str, Known], came: Mapping[str, Known]) -> Iterable[tuple[str, str]]:
    places = defaultdict(list)
    for new, each in came.items():
        for task in _tasks(each):
            places[task].append(new)
    for old, stored in gone.items():
        tasks = _tasks(stored)
        hits = Counter(new for task in tasks for new in places[task])
        yield from ((old, new) for new, count in hits.items() if count * 2 >= len(tasks))


def _tasks(document: Known) -> set[tuple[str, str]]:
    tasks = document.snapshot.tasks
    if document.snapshot.format == "front-matter":
        # The tool names the file by the title, and writes an id in capitals where it was in small.
        return {(task.key.casefold(), "" if task.id else task.title) for task in tasks}
    return {(task.key, task.title) for task in tasks}
