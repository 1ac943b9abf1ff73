"""A page read anew where only rows of one table were edited: the rest of it is as it was.

Sound because a row that begins with a pipe ends nothing and opens nothing: whatever stands
before and after the edited lines is read as before. Any other edit is no business of this module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from .rows import MOST_SHORT, count_cells, white

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from .markdown import Item, Page, Stray, Table

    Placed = TypeVar("Placed", Table, Item, Stray)

_INDENT = 3


class Edit(msgspec.Struct, frozen=True, kw_only=True):
    """Which whole lines were replaced by which: `line` counts from 1."""

    line: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def patched(before: Page, source: str) -> Page | None:
    """Answer the page that `source` holds, made of the one before; None to read it in full."""
    if source == before.source:
        return before
    edit = edited(before.source, source)
    if edit is None or not all(_is_plain_row(line) for line in edit.new):
        return None
    place = next((n for n, table in enumerate(before.tables) if _holds(table, edit)), None)
    table = _edited(before.tables[place], edit) if place is not None else None
    if place is None or table is None:
        return None
    by = len(edit.new) - len(edit.old)
    fence = before.open_fence
    return msgspec.structs.replace(
        before,
        tables=(*before.tables[:place], table, *_moved(before.tables[place + 1 :], 0, by)),
        items=_moved(before.items, edit.line, by),
        strays=_moved(before.strays, edit.line, by),
        open_fence=fence + by if fence is not None and fence >= edit.line else fence,
        source=source,
    )


def edited(old: str, new: str) -> Edit | None:
    """Answer the one run of whole lines in which two texts differ.

    None where it reaches the end of a text, whose last line is not known to be whole.
    """
    same = _common(old, new)
    begin = old.rfind("\n", 0, same) + 1
    tail = _common_end(old, new, min(len(old), len(new)) - begin)
    # To the next line's beginning in both, unless both are there.
    if not _begins_line(old, len(old) - tail) or not _begins_line(new, len(new) - tail):
        over = new.find("\n", len(new) - tail) + 1
        if not over:
            return None
        tail = len(new) - over
    return Edit(
        line=old.count("\n", 0, begin) + 1,
        old=_lines(old, begin, len(old) - tail),
        new=_lines(new, begin, len(new) - tail),
    )


def _common(old: str, new: str) -> int:
    """Answer how many characters two texts share from their beginning."""
    low, high = 0, min(len(old), len(new))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if new.startswith(old[low:middle], low) else (low, middle - 1)
    return low


def _common_end(old: str, new: str, most: int) -> int:
    """Answer how many characters, of `most`, two texts share up to their end."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        piece = old[len(old) - middle : len(old) - low]
        low, high = (middle, high) if new.endswith(piece, 0, len(new) - low) else (low, middle - 1)
    return low


def _begins_line(text: str, place: int) -> bool:
    return place == 0 or text[place - 1] == "\n"


def _lines(text: str, begin: int, end: int) -> tuple[str, ...]:
    return tuple(text[begin:end].split("\n")[:-1])


def _is_plain_row(line: str) -> bool:
    bare = line.lstrip(" ")
    return bare.startswith("|") and len(line) - len(bare) <= _INDENT


def _holds(table: Table, edit: Edit) -> bool:
    over = table.first + len(table.rows)
    return not table.nested and table.first <= edit.line and edit.line + len(edit.old) <= over


def _edited(table: Table, edit: Edit) -> Table | None:
    start = edit.line - table.first
    over = start + len(edit.old)
    rows = tuple(line.strip(white()) for line in edit.new)
    width = len(table.header)
    short = table.short - _short(table.rows[start:over], width) + _short(rows, width)
    # There GFM cuts a table off, wherever it stands.
    if table.short > MOST_SHORT or short > MOST_SHORT:
        return None
    return msgspec.structs.replace(
        table, rows=(*table.rows[:start], *rows, *table.rows[over:]), short=short
    )


def _short(rows: Iterable[str], width: int) -> int:
    return sum(max(width - count_cells(row), 0) for row in rows)


def _moved(placed: Sequence[Placed], since: int, by: int) -> tuple[Placed, ...]:
    if not by:
        return tuple(placed)
    return tuple(
        msgspec.structs.replace(each, line=each.line + by) if each.line >= since else each
        for each in placed
    )
