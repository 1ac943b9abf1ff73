"""Tasks in Markdown tables with a Status column, as in SPEC.md."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.identity import is_id, opening_id
from spec_notify.core.markdown import Table
from spec_notify.core.plain import LONGEST_CELL, plain, shown
from spec_notify.core.rows import split_row_by_eye
from spec_notify.core.snapshot import Notice, Task
from spec_notify.core.status import UNKNOWN, read_status
from spec_notify.core.table import WIDEST, task_columns

from .reading import Manner, Reading
from .sections import Section, SectionRowReading, section_of
from .table_row import RowReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.markdown import Page, Stray
    from spec_notify.core.table import Columns

_FEWEST_CELLS = 3


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of one table: for each row its task or None, and notices."""

    table: Table
    labels: frozenset[str]
    """Those of the page's link definitions: where one is defined, brackets are a link."""
    manner: Manner
    tasks: tuple[Task | None, ...]
    notices: tuple[Notice, ...]


class TableReading(Reading):
    """The task tables of a page, read once: its tasks, and what a user may want to know.

    `before` are the `parts` of an earlier reading of the document: what its rows said, equal rows
    of this page say too. It changes nothing but the time this takes.
    """

    def __init__(self, page: Page, manner: Manner, before: Sequence[Part] = ()) -> None:
        super().__init__(page)
        self._manner = manner
        self._labels = frozenset(page.references)
        known = iter(before)
        self.parts = [
            self._part(table, columns, next(known, None))
            for table in page.tables
            if (columns := self._columns(table)) is not None
        ]
        self.found = bool(self.parts)
        """A task table stands there, be it without rows."""
        self.tasks = [task for part in self.parts for task in part.tasks if task is not None]
        self.notices += [notice for part in self.parts for notice in part.notices]
        self.notices += [_orphan(stray) for stray in page.strays if _is_row(stray)]

    def _columns(self, table: Table) -> Columns | None:
        said = self._manner.by_section and self._said_above(table) is not None
        columns = task_columns([self.plain(cell) for cell in table.header], by_section=said)
        if columns is not None and len(table.header) > WIDEST:
            message = f"a table of more than {WIDEST} columns is not read"
            self.note("wide_table", message, table.line)
            return None
        return columns

    def _said_above(self, table: Table) -> Section | None:
        return section_of(table.above, self._manner.aliases, self._page.references)

    def _rows(self, table: Table, columns: Columns) -> RowReading:
        section = self._said_above(table) if columns.status is None else None
        if section is None:
            return RowReading(self._page, self._manner, table, columns)
        return SectionRowReading(self._page, self._manner, table, columns, section)

    def _part(self, table: Table, columns: Columns, before: Part | None) -> Part:
        old = before if before is not None and self._is_as_before(table, before) else None
        head, tail = _kept(old.table.rows, table.rows) if old else (0, 0)
        reading = self._rows(table, columns)
        tasks = reading.tasks(table, head, len(table.rows) - tail)
        notices = reading.notices
        if old:
            by, gone = table.first - old.table.first, len(old.table.rows) - tail
            above = _moved(old, 0, head, by)
            below = _moved(old, gone, gone + tail, by + len(table.rows) - len(old.table.rows))
            tasks = (*above[0], *tasks, *below[0])
            notices = [*above[1], *notices, *below[1]]
        return Part(
            table=table,
            labels=self._labels,
            manner=self._manner,
            tasks=tasks,
            notices=tuple(notices),
        )

    def _is_as_before(self, table: Table, before: Part) -> bool:
        """Say whether equal rows of both tables are equal tasks, but for their lines."""
        return (
            (table.header, table.above) == (before.table.header, before.table.above)
            and before.labels == self._labels
            and before.manner == self._manner
        )


def _kept(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """Answer how many rows at the beginning and, of the others, at the end are the same."""
    most = min(len(old), len(new))
    pairs = enumerate(zip(old, new, strict=False))
    head = next((place for place, (left, right) in pairs if left != right), most)
    pairs = enumerate(zip(reversed(old), reversed(new), strict=False))
    tail = next((place for place, (left, right) in pairs if left != right), most)
    return head, min(tail, most - head)


def _moved(part: Part, start: int, end: int, by: int) -> tuple[Sequence[Task | None], list[Notice]]:
    """Answer tasks and notices of the rows from `start` to `end`, so many lines further down."""
    first, tasks = part.table.first, part.tasks[start:end]
    notices = [each for each in part.notices if first + start <= (each.line or 0) < first + end]
    if not by:
        return tasks, notices
    move = msgspec.structs.replace
    return (
        [task and move(task, line=task.line + by) for task in tasks],
        [move(each, line=(each.line or 0) + by) for each in notices],
    )


def _is_row(stray: Stray) -> bool:
    if len(stray.text) > LONGEST_CELL * _FEWEST_CELLS:
        return False
    cells = split_row_by_eye(stray.text)
    return len(cells) >= _FEWEST_CELLS and any(
        opening_id(cell) or read_status(cell).canonical != UNKNOWN for cell in cells
    )


def _orphan(stray: Stray) -> Notice:
    words = [shown(plain(cell)) for cell in split_row_by_eye(stray.text)]
    names = [each for each in words if is_id(each) and any(char.isdigit() for char in each)]
    # A row's number is no id, so a longer name goes first.
    name = next((each for each in names if not each.isdigit()), None) or " | ".join(words)[:60]
    message = f"“{name}” looks like a task row but stands outside any table; it is not read"
    return Notice(code="orphan_row", message=message, line=stray.line)
