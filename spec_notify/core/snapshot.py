"""A document's tasks as values, and the one `diff` between two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from .artifact import Artifact
from .pairing import Pairing, by_progress, pair_by_key, pair_by_words
from .plain import normalised
from .renumbering import renumbered
from .similarity import similarity
from .status import DONE, IN_REVIEW, Status, differs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

COMPLETED, REVIEWED, REOPENED = "completed", "in_review", "reopened"
CHANGED, APPEARED, VANISHED = "changed", "appeared", "vanished"
PRINTED = frozenset({COMPLETED, REVIEWED, REOPENED, CHANGED})
"""The kinds that are told without asking for all."""

_ANOTHER = 0.5
_FAMILIES = {"mixed": "table"}


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """Something a reader saw and a user may want to know: a code, where, and words."""

    code: str
    message: str
    line: int | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A row or checkbox. `key` is its identity in the document; `line` counts from 1."""

    key: str
    id: str | None
    title: str
    status: Status
    line: int
    section: str | None = None
    owners: tuple[str, ...] = ()
    mentions: tuple[str, ...] = ()
    """Raw cells a SPEC id may be read from: PRD first, then Evidence, then the others.

    Where only others link, the first two are empty strings; where none links, nothing stands.
    """
    artifact: Artifact | None = None
    """What a run left behind, where the document is an evidence tree; it is not remembered."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks of one document at one moment, in line order."""

    document: str
    format: str
    tasks: tuple[Task, ...] = ()
    notices: tuple[Notice, ...] = ()


def remembered(snapshot: Snapshot) -> Snapshot:
    """Answer a snapshot as it is kept for the next look: without what only an event repeats."""
    if not any(task.artifact for task in snapshot.tasks):
        return snapshot
    bare = tuple(msgspec.structs.replace(task, artifact=None) for task in snapshot.tasks)
    return msgspec.structs.replace(snapshot, tasks=bare)


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


def diff(
    before: Snapshot, after: Snapshot, vanished: Mapping[str, Status] = {}
) -> tuple[Transition, ...]:
    """Answer what changed between two snapshots of a document, in line order.

    `vanished` holds the last status of keys that were gone: one that returns is compared with
    it. Contract, section 4, "A transition" and "Identity"; kinds as in section 8.
    """
    known = _known(before, after)
    memory = dict(vanished)
    came = list(_without_returned(known.came, memory))
    found = pair_by_words(known.gone, came)
    changes = [each for old, new in known.pairs + found.pairs for each in _change(old, new)]
    changes += _arrivals(found.came, memory, _tellable(before, after, found.gone))
    changes += [
        Transition(task=task, kind=VANISHED, before=task.status, after=None) for task in found.gone
    ]
    return tuple(sorted(changes, key=lambda each: (each.task.line, each.task.key)))


def is_reshaped(before: Snapshot, after: Snapshot) -> bool:
    """Say whether a document is read in another way than before, so that no row in it is new."""
    formats = {_FAMILIES.get(each.format, each.format) for each in (before, after)} - {"none"}
    return len(formats) > 1


def transition_facts(transition: Transition, document: str) -> dict[str, object]:
    """Answer a transition as `diff --json` and `history` print it (contract, section 8)."""
    task, before, after = transition.task, transition.before, transition.after
    return {
        "task": task.id,
        "key": task.key,
        "title": task.title,
        "from": before.canonical if before else None,
        "to": after.canonical if after else None,
        "fromText": before.text if before else None,
        "toText": after.text if after else None,
        "kind": transition.kind,
        "appeared": transition.appeared,
        "line": task.line,
        "document": document,
    }


def _known(before: Snapshot, after: Snapshot) -> Pairing:
    moved = renumbered(before, after)
    left, taken = {old.key for old, _ in moved}, {new.key for _, new in moved}
    known = pair_by_key(
        (task for task in before.tasks if task.key not in left),
        (task for task in after.tasks if task.key not in taken),
    )
    return replace(known, pairs=moved + known.pairs)


def _change(old: Task, new: Task) -> Iterator[Transition]:
    if differs(old.status, new.status):
        yield Transition(
            task=new,
            kind=_kind(old.status, new.status),
            before=old.status,
            after=new.status,
            flags=("id_reused",) if _id_reused(old, new) else (),
        )


def _kind(before: Status, after: Status) -> str:
    if after.canonical == DONE:
        return COMPLETED
    if before.canonical == DONE:
        return REOPENED
    return REVIEWED if after.canonical == IN_REVIEW else CHANGED


def _id_reused(old: Task, new: Task) -> bool:
    """Another title and another link under one id: it may be another task."""
    if new.id is None or old.id != new.id or old.mentions == new.mentions:
        return False
    return similarity(normalised(old.title), normalised(new.title)) < _ANOTHER


def _without_returned(came: Iterable[Task], memory: dict[str, Status]) -> Iterator[Task]:
    """Drop tasks that are back as they were, and what was remembered of them."""
    for task in came:
        remembered = memory.get(task.key)
        if remembered is None or differs(remembered, task.status):
            yield task
        else:
            del memory[task.key]


def _arrivals(
    came: Iterable[Task], memory: dict[str, Status], told: Callable[[Task], bool]
) -> Iterator[Transition]:
    for task in sorted(came, key=by_progress):
        remembered = memory.pop(task.key, None)
        if remembered is not None:
            yield from _change(msgspec.structs.replace(task, status=remembered), task)
            continue
        done = task.status.canonical == DONE and told(task)
        kind = COMPLETED if done else APPEARED
        yield Transition(task=task, kind=kind, before=None, after=task.status, appeared=True)


def _tellable(before: Snapshot, after: Snapshot, gone: Iterable[Task]) -> Callable[[Task], bool]:
    """Answer which tasks, new and already Done, are news.

    Not those of a document read in another way than before; and where an id-less Done row is
    gone, an id-less one may be that row, rewritten beyond recognition.
    """
    reshaped = is_reshaped(before, after)
    rewritten = any(task.id is None and task.status.canonical == DONE for task in gone)
    return lambda task: not reshaped and not (rewritten and task.id is None)
