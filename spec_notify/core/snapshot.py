"""A document's tasks as values, and the one `diff` between two of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from .artifact import Artifact
from .namespaces import across, copied
from .pairing import Pairing, by_progress, pair_by_key, pair_by_words
from .plain import normalised
from .renumbering import renumbered, standing_name
from .run import Finish
from .run_stop import RunStop
from .similarity import similarity
from .spec_id import linked
from .status import BACKLOG, DONE, IN_REVIEW, UNKNOWN, Status, differs
from .team import Team

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping

COMPLETED, REVIEWED, REOPENED = "completed", "in_review", "reopened"
CHANGED, APPEARED, VANISHED = "changed", "appeared", "vanished"
PRINTED = frozenset({COMPLETED, REVIEWED, REOPENED, CHANGED})
"""The kinds that are told without asking for all."""

FedFacts = RunStop | Finish | Team
"""What a feed may say of an entry beyond its status; a feed more is a struct more in this union."""
_ANOTHER = 0.5
_REUSED = ("id_reused",)
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
    boxed: bool = False
    """A box says its status, and its id was typed behind it: a number that may be dealt anew."""
    artifact: Artifact | None = None
    """What a run left behind, where the document is an evidence tree; it is not remembered."""
    fed: FedFacts | None = None
    """What a feed says of it beyond its status; it is not remembered."""


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """All tasks of one document at one moment, in line order."""

    document: str
    format: str
    tasks: tuple[Task, ...] = ()
    notices: tuple[Notice, ...] = ()
    unread: tuple[str, ...] = ()
    """Places of a feed that no look could read yet: what is found there first is a baseline."""


def remembered(snapshot: Snapshot) -> Snapshot:
    """Answer a snapshot as it is kept for the next look: without what only an event repeats."""
    if not any(task.artifact or task.fed for task in snapshot.tasks):
        return snapshot
    bare = tuple(msgspec.structs.replace(task, artifact=None, fed=None) for task in snapshot.tasks)
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
    doubted: bool = False
    """It appeared, but nothing says that it is new."""
    flags: tuple[str, ...] = ()


def diff(
    before: Snapshot, after: Snapshot, vanished: Mapping[str, Status] = {}
) -> tuple[Transition, ...]:
    """Answer what changed between two snapshots of a document, in line order.

    `vanished` holds the last status of tasks that were gone, by `standing_name`: one that returns
    is compared with it. Contract, section 4, "A transition" and "Identity"; kinds as in section 8.
    """
    known = _known(before, after)
    memory = _Vanished(vanished)
    moved = across(known.gone, _without_returned(known.came, memory))
    found = pair_by_words(moved.gone, moved.came)
    pairs = known.pairs + moved.pairs + found.pairs
    same, others = _parted(pairs)
    stood = (*before.tasks, *(new for _, new in pairs))
    doubted = _doubts(before, after, found, copied(found.came, stood))
    changes = [each for pair in same for each in _change(*pair)]
    changes += _arrivals(found.came, memory, doubted)
    changes += _arrivals((new for _, new in others), _Vanished({}), doubted, _REUSED)
    changes += map(_gone, found.gone)
    changes += [_gone(old, _REUSED) for old, _ in others]
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
        "key": task.id or task.key,
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
    if _differs(old, new):
        kind = _kind(old.status, new.status)
        yield Transition(task=new, kind=kind, before=old.status, after=new.status)


def _gone(task: Task, flags: tuple[str, ...] = ()) -> Transition:
    return Transition(task=task, kind=VANISHED, before=task.status, after=None, flags=flags)


def _differs(old: Task, new: Task) -> bool:
    """Say whether a task's two statuses make a transition; a box has fewer words than a row."""
    if old.boxed == new.boxed:
        return differs(old.status, new.status)
    box, row = (each.status.canonical for each in ((old, new) if old.boxed else (new, old)))
    # A box that is not ticked says no more than that.
    return row == DONE if box in (BACKLOG, UNKNOWN) else row != box


def _kind(before: Status, after: Status) -> str:
    if after.canonical == DONE:
        return COMPLETED
    if before.canonical == DONE:
        return REOPENED
    return REVIEWED if after.canonical == IN_REVIEW else CHANGED


def _parted(
    pairs: Iterable[tuple[Task, Task]],
) -> tuple[list[tuple[Task, Task]], list[tuple[Task, Task]]]:
    """Part what is one task from what only shares an id."""
    same: list[tuple[Task, Task]] = []
    others: list[tuple[Task, Task]] = []
    for pair in pairs:
        (others if _id_reused(*pair) else same).append(pair)
    return same, others


def _id_reused(old: Task, new: Task) -> bool:
    """Say whether another title and another link stand under one id: it is another task."""
    if new.id is None or old.id != new.id or old.mentions == new.mentions:
        return False
    was, now = linked(old), linked(new)
    if not was or not now or was & now:
        return False
    return similarity(normalised(old.title), normalised(new.title)) < _ANOTHER


class _Vanished:
    """The last statuses of tasks that were gone, by `standing_name`; each is recalled once."""

    def __init__(self, known: Mapping[str, Status]) -> None:
        self._known = dict(known)
        self._numbers: dict[str, list[str]] = {}
        for name in known:
            _, _, words = name.partition("\n")
            if words:
                self._numbers.setdefault(words, []).append(name)

    def recall(self, task: Task) -> tuple[str, Task] | None:
        """Answer under what name a task that came is remembered, and as it was then."""
        standing = standing_name(task)
        for name, boxed in (
            (standing, task.boxed),
            (self._renumbered(standing), True),
            (task.key, False),
        ):
            if name in self._known:
                return name, msgspec.structs.replace(task, status=self._known[name], boxed=boxed)
        return None

    def forget(self, name: str) -> None:
        """Let go of a task that is back."""
        del self._known[name]

    def _renumbered(self, standing: str) -> str:
        # The words alone tell, where they are those of one task.
        names = self._numbers.get(standing.partition("\n")[2], ())
        return names[0] if len(names) == 1 else standing


def _without_returned(came: Iterable[Task], memory: _Vanished) -> Iterator[Task]:
    """Drop tasks that are back as they were, and what was remembered of them."""
    for task in came:
        former = memory.recall(task)
        if former is None or _differs(former[1], task):
            yield task
        else:
            memory.forget(former[0])


def _arrivals(
    came: Iterable[Task],
    memory: _Vanished,
    doubted: Callable[[Task], bool],
    flags: tuple[str, ...] = (),
) -> Iterator[Transition]:
    for task in sorted(came, key=by_progress):
        former = memory.recall(task)
        if former is not None:
            memory.forget(former[0])
            yield from _change(former[1], task)
            continue
        doubt = doubted(task)
        yield Transition(
            task=task,
            kind=COMPLETED if task.status.canonical == DONE and not doubt else APPEARED,
            before=None,
            after=task.status,
            appeared=True,
            doubted=doubt,
            flags=flags,
        )


def _doubts(
    before: Snapshot, after: Snapshot, found: Pairing, copies: Container[str]
) -> Callable[[Task], bool]:
    """Answer which tasks that came may have been there before.

    All of a document that was not read before, or in another way; copies from another namespace;
    and where an id-less Done row is gone, an id-less one may be that row, rewritten beyond
    recognition.
    """
    unread = before.format == "none" and not before.tasks
    known = unread or is_reshaped(before, after)
    rewritten = any(task.id is None and task.status.canonical == DONE for task in found.gone)

    def doubted(task: Task) -> bool:
        rewrite = rewritten and task.id is None and task.status.canonical == DONE
        return known or rewrite or task.key in copies

    return doubted
