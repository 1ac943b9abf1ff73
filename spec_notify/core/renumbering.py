"""Lists whose numbers were dealt anew: which task of an older list is which of a newer one.

A number typed before a box, as spec-kit, OpenSpec and Kiro do, is a place in a plan: insert a
step and every later one gets another. Contract, section 4: never a position, no false alarm.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .identity import text_key
from .pairing import grouped
from .plain import normalised
from .similarity import reworded

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .snapshot import Snapshot, Task


def renumbered(before: Snapshot, after: Snapshot) -> tuple[tuple[Task, Task], ...]:
    """Pair tasks as (old, new) by their words where numbers were dealt anew; else, none.

    They were where words that stand once before and once after got another id, among tasks that
    are boxes. Words that stand several times are counted; a task whose id says something else now
    may be reworded too. An id in a column is no number of this kind.
    """
    old, new = _numbered(before.tasks), _numbered(after.tasks)
    if not _dealt_anew(old, new):
        return ()
    here = grouped((*old, *_nameless(before.tasks)), (*new, *_nameless(after.tasks)), _place)
    same = grouped(here.gone, here.came, _words)
    return (*here.pairs, *same.pairs, *_reworded(same.gone, same.came))


def standing_name(task: Task) -> str:
    """Answer under what a task is remembered while the document moves on.

    Its key; where that was typed behind a box with its words after it and a line break between,
    as its number may be another's tomorrow.
    """
    if task.id is None or not task.boxed:
        return task.key
    return f"{task.key}\n{text_key(task.title, None)}"


def _numbered(tasks: Sequence[Task]) -> list[Task]:
    counts = Counter(task.key for task in tasks)
    return [task for task in tasks if task.boxed and task.id is not None and counts[task.key] == 1]


def _nameless(tasks: Sequence[Task]) -> list[Task]:
    """Answer tasks without id whose words are their own: one may have been given a number."""
    counts = Counter(_words(task) for task in tasks)
    nameless = (task for task in tasks if task.boxed and task.id is None)
    return [task for task in nameless if counts[_words(task)] == 1]


def _dealt_anew(old: Iterable[Task], new: Iterable[Task]) -> bool:
    stood, stands = _once(old), _once(new)
    return any(words in stands and stands[words] != key for words, key in stood.items())


def _once(tasks: Iterable[Task]) -> dict[str, str]:
    keys: dict[str, list[str]] = {}
    for task in tasks:
        keys.setdefault(_words(task), []).append(task.key)
    return {words: found[0] for words, found in keys.items() if len(found) == 1}


def _reworded(gone: Iterable[Task], came: Iterable[Task]) -> list[tuple[Task, Task]]:
    old, new = ([task for task in side if task.id is not None] for side in (gone, came))
    pairs = reworded([_words(task) for task in old], [_words(task) for task in new])
    return [(old[was], new[now]) for was, now in pairs]


def _place(task: Task) -> str:
    return f"{_words(task)}\x00{normalised(task.section or '')}"


def _words(task: Task) -> str:
    return normalised(task.title)
