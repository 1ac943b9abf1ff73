"""Keys with a namespace before their first slash: a tag of task-master, a SPEC of an evidence tree.

A tag that is renamed or copied, a folder that is moved, and a task that goes to another tag bring
nothing to an end. Contract, section 4: a document that moves is compared with itself.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from .pairing import Pairing, grouped
from .plain import normalised
from .status import differs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .snapshot import Task
    from .status import Status


def across(gone: Iterable[Task], came: Iterable[Task]) -> Pairing:
    """Pair tasks that left one namespace and came to another with the rest of key and title.

    A title may name the namespace it stands in.
    """
    found = Pairing(gone=tuple(gone), came=tuple(came))
    for name in (_name, _bare_name):
        found = _paired(found, name)
    return found


def copied(came: Iterable[Task], stood: Iterable[Task]) -> frozenset[str]:
    """Answer the keys of tasks that came and say what one of another namespace said before them."""
    known: dict[str, list[Status]] = defaultdict(list)
    for task in filter(_is_spaced, stood):
        known[_name(task)].append(task.status)
    return frozenset(
        task.key
        for task in filter(_is_spaced, came)
        if any(not differs(status, task.status) for status in known.get(_name(task), ()))
    )


def _paired(found: Pairing, name: Callable[[Task], str]) -> Pairing:
    gone, came = ([task for task in side if _is_spaced(task)] for side in (found.gone, found.came))
    if not gone or not came:
        return found
    more = grouped(gone, came, name)
    return Pairing(
        pairs=found.pairs + more.pairs,
        gone=(*(task for task in found.gone if not _is_spaced(task)), *more.gone),
        came=(*(task for task in found.came if not _is_spaced(task)), *more.came),
    )


def _is_spaced(task: Task) -> bool:
    return "/" in task.key


def _name(task: Task) -> str:
    return f"{task.key.partition('/')[2]}\x00{normalised(task.title)}"


def _bare_name(task: Task) -> str:
    space, _, rest = task.key.partition("/")
    words = (word for word in task.title.split() if word != space)
    return f"{rest}\x00{normalised(' '.join(words))}"
