"""What a document must not be to be believed as it stands: torn, still growing, or half gone.

Contract, section 4: a half-written file announces nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from spec_notify.core.snapshot import Snapshot, Task
    from spec_notify.ports import Text

FRESH = 500
"""Milliseconds within which a last line without its newline may still be growing."""
STRANGE = 5_000
"""The same for one that says what nobody has seen before: it may be the beginning of another."""
_ITEM = re.compile(r"[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[")
_RULER = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*\r?")


def unfinished(text: Text, now: int, *, within: int = FRESH) -> bool:
    """Say whether a text was written so lately that its last item or row may be half a one."""
    fresh = text.modified is not None and 0 <= now - text.modified < within
    above, _, last = text.text.rpartition("\n")
    return fresh and (_ITEM.match(last) is not None or _is_torn(last.strip(" \t\r>"), above))


def _is_torn(row: str, above: str) -> bool:
    """Say whether a row lacks pipes that its table has: it may stop in the middle of its status."""
    if "|" not in row:
        return False
    rulers = (line for line in reversed(above.split("\n")) if "|" in line)
    ruler = next((line for line in rulers if _RULER.fullmatch(line)), None)
    if ruler is None:
        return False
    return not row.endswith("|") or row.count("|") < ruler.count("|")


def growing(text: Text, snapshot: Snapshot, before: Snapshot, now: int) -> bool:
    """Say whether its unfinished last line says what did not stand there before."""
    if not snapshot.tasks or not unfinished(text, now, within=STRANGE):
        return False
    of_item = _ITEM.match(text.text.rpartition("\n")[2]) is not None

    def words(task: Task) -> tuple[str, ...]:
        # An item's box comes first and is whole; a row's status may be its torn end.
        return (task.key, task.title) if of_item else (task.key, task.title, task.status.text)

    last = words(snapshot.tasks[-1])
    known, standing = (Counter(map(words, each.tasks)) for each in (before, snapshot))
    return standing[last] > known[last]


def vanishing(snapshot: Snapshot, before: Snapshot) -> bool:
    """Say whether more than half of the known tasks are gone."""
    known = {task.key for task in before.tasks}
    lost = known - {task.key for task in snapshot.tasks}
    return len(lost) * 2 > len(known)
