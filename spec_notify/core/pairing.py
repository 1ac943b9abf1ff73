"""Which task of an older snapshot is which of a newer one; never by position.

Contract, section 4, "Identity".
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .plain import normalised
from .similarity import reworded
from .status import BACKLOG, BLOCKED, DONE, DROPPED, IN_PROGRESS, IN_REVIEW, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from .snapshot import Task

_PROGRESS = (DONE, IN_REVIEW, IN_PROGRESS, BLOCKED, BACKLOG, UNKNOWN, DROPPED)
_PLACES = {canonical: place for place, canonical in enumerate(_PROGRESS)}
# Who is told apart by having an id: a row may get one or lose it and keep its words.
_SAME_WORDS = ((False, False), (False, True), (True, False))


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairing:
    """Tasks known again as (old, new), those that are gone, and those that came."""

    pairs: tuple[tuple[Task, Task], ...] = ()
    gone: tuple[Task, ...] = ()
    came: tuple[Task, ...] = ()


def pair_by_key(before: Iterable[Task], after: Iterable[Task]) -> Pairing:
    """Pair tasks of one key; equal keys are counted, so that a Done pairs with a Done first."""
    return grouped(before, after, lambda task: task.key)


def pair_by_words(gone: Iterable[Task], came: Iterable[Task]) -> Pairing:
    """Pair what no key could: an id in other capitals, the same words elsewhere, words alike.

    Two ids are never one task, whatever their words.
    """
    found = _same_id(Pairing(gone=tuple(gone), came=tuple(came)))
    for old_named, new_named in _SAME_WORDS:
        found = _same_words(found, old_named=old_named, new_named=new_named)
    return _alike(found)


def by_progress(task: Task) -> tuple[int, str, str, int]:
    """Order tasks from Done to Dropped, so that the order of rows decides nothing.

    A status of another vocabulary comes last.
    """
    status = task.status
    return _PLACES.get(status.canonical, len(_PLACES)), status.text, task.title, task.line


def _same_id(found: Pairing) -> Pairing:
    gone, came = ([task for task in side if _named(task)] for side in (found.gone, found.came))
    if not gone or not came:
        return found
    more = grouped(gone, came, lambda task: task.key.casefold())
    return Pairing(
        pairs=more.pairs,
        gone=(*(task for task in found.gone if not _named(task)), *more.gone),
        came=(*(task for task in found.came if not _named(task)), *more.came),
    )


def _same_words(found: Pairing, *, old_named: bool, new_named: bool) -> Pairing:
    gone = [task for task in found.gone if _named(task) is old_named]
    came = [task for task in found.came if _named(task) is new_named]
    if not gone or not came:
        return found
    more = grouped(gone, came, lambda task: normalised(task.title))
    return Pairing(
        pairs=found.pairs + more.pairs,
        gone=(*(task for task in found.gone if _named(task) is not old_named), *more.gone),
        came=(*(task for task in found.came if _named(task) is not new_named), *more.came),
    )


def _alike(found: Pairing) -> Pairing:
    named = tuple(task for task in found.came if _named(task))
    came = [task for task in found.came if not _named(task)]
    pairs = dict(
        reworded(
            [normalised(task.title) for task in found.gone],
            [normalised(task.title) for task in came],
        )
    )
    known = set(pairs.values())
    return Pairing(
        pairs=found.pairs + tuple((found.gone[old], came[new]) for old, new in pairs.items()),
        gone=tuple(task for place, task in enumerate(found.gone) if place not in pairs),
        came=named + tuple(task for place, task in enumerate(came) if place not in known),
    )


def _named(task: Task) -> bool:
    return task.id is not None


def grouped(before: Iterable[Task], after: Iterable[Task], group: Callable[[Task], str]) -> Pairing:
    """Pair tasks of one group; where several are, what did not change first: order says nothing."""
    groups: dict[str, tuple[list[Task], list[Task]]] = defaultdict(lambda: ([], []))
    for task in before:
        groups[group(task)][0].append(task)
    for task in after:
        groups[group(task)][1].append(task)
    counted = [_counted(old, new) for old, new in groups.values()]
    return Pairing(
        pairs=tuple(pair for each in counted for pair in each.pairs),
        gone=tuple(task for each in counted for task in each.gone),
        came=tuple(task for each in counted for task in each.came),
    )


def _counted(old: Sequence[Task], new: Sequence[Task]) -> Pairing:
    """Pair the tasks of one group: what did not change first, then by title, then by progress."""
    if len(old) + len(new) == 1 or len(old) == len(new) == 1:
        return _in_order(old, new)
    found = Pairing(
        gone=tuple(sorted(old, key=by_progress)), came=tuple(sorted(new, key=by_progress))
    )
    for likeness in (_unchanged, _as_good_as_unchanged, _title):
        found = _like(found, likeness)
    rest = _in_order(found.gone, found.came)
    return replace(rest, pairs=found.pairs + rest.pairs)


def _in_order(old: Sequence[Task], new: Sequence[Task]) -> Pairing:
    both = min(len(old), len(new))
    return Pairing(
        pairs=tuple(zip(old, new, strict=False)), gone=tuple(old[both:]), came=tuple(new[both:])
    )


def _like(found: Pairing, likeness: Callable[[Task], Hashable]) -> Pairing:
    waiting: dict[Hashable, list[Task]] = defaultdict(list)
    for task in reversed(found.gone):
        waiting[likeness(task)].append(task)
    pairs, came = list(found.pairs), []
    for task in found.came:
        alike = waiting[likeness(task)]
        if alike:
            pairs.append((alike.pop(), task))
        else:
            came.append(task)
    gone = sorted((task for rest in waiting.values() for task in rest), key=by_progress)
    return Pairing(pairs=tuple(pairs), gone=tuple(gone), came=tuple(came))


def _unchanged(task: Task) -> Hashable:
    return task.status.canonical, task.status.text, task.title


def _as_good_as_unchanged(task: Task) -> Hashable:
    """Answer what two statuses without a transition between them share."""
    arrived = task.status.canonical in (DONE, IN_REVIEW)
    return task.status.canonical, "" if arrived else task.status.text


def _title(task: Task) -> Hashable:
    return task.title
