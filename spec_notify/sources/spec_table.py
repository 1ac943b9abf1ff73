"""Tasks in Markdown tables with a Status column, as in SPEC.md."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.identity import is_id, opening_id, text_key
from spec_notify.core.plain import LONGEST_CELL, plain, shown, squeeze
from spec_notify.core.rows import split_row_by_eye
from spec_notify.core.snapshot import Notice, Task
from spec_notify.core.status import UNKNOWN, Status, read_status
from spec_notify.core.table import WIDEST, task_columns

from .reading import Manner, Reading, linking

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from spec_notify.core.markdown import Page, Stray, Table
    from spec_notify.core.rows import Row
    from spec_notify.core.table import Columns

_NOTHING = frozenset({"", "-", "--", "–", "—", "none", "(none)", "n/a", "tbd", "unassigned"})  # noqa: RUF001 - dashes people write
_BETWEEN_OWNERS = re.compile(r"[,;\n]|\s(?:&|\+|/|and)\s")
_FEWEST_CELLS = 3


class TableReading(Reading):
    """The task tables of a page, read once: its tasks, and what a user may want to know."""

    def __init__(self, page: Page, manner: Manner) -> None:
        super().__init__(page)
        self.found = False
        """A task table stands there, be it without rows."""
        self._aliases = manner.aliases
        self._statuses: dict[str, Status] = {}
        self.tasks = [task for table in page.tables for task in self._of(table)]
        self.notices += [_orphan(stray) for stray in page.strays if _is_row(stray)]

    def _of(self, table: Table) -> Iterator[Task]:
        columns = task_columns([self.plain(cell) for cell in table.header])
        if columns is None:
            return
        if len(table.header) > WIDEST:
            self.note(
                "wide_table", f"a table of more than {WIDEST} columns is not read", table.line
            )
            return
        self.found = True
        for row in table.rows:
            # GFM makes a row of any line under a table; prose is no task.
            if "|" in row.source:
                yield from self._task(row, columns, table)

    def _task(self, row: Row, columns: Columns, table: Table) -> Iterator[Task]:
        width = len(table.header)
        cells, sure = self._cells(row, width, columns)
        titles = [(cells[place], squeeze(self.plain(cells[place]))) for place in columns.titles]
        name = squeeze(self.plain(cells[columns.id])) if columns.id is not None else ""
        if _is_nothing(name) and all(_is_nothing(words) for _, words in titles):
            return
        key, id_, title = self._identity(name, titles, table.heading, row.line)
        yield Task(
            key=key,
            id=id_,
            title=self.title(title, row.line) or key,
            status=self._status(cells[columns.status], row.line, sure=sure),
            line=row.line,
            section=self.section(table.heading),
            owners=self._owners(cells, columns),
            mentions=_mentions(cells, columns),
        )

    def _cells(self, row: Row, width: int, columns: Columns) -> tuple[Sequence[str], bool]:
        """Answer exactly `width` cells, and whether their places can be trusted."""
        if len(row.cells) <= width:
            return (*row.cells, *[""] * (width - len(row.cells))), True
        meant = split_row_by_eye(row.source) if "`" in row.source else row.cells
        if len(meant) == width:
            return meant, True
        message = f"this row has {len(row.cells)} cells under {width} columns"
        self.note("wide_row", message, row.line)
        # A pipe in a code span may have pushed another cell under Status.
        sure = len(meant) > columns.status and meant[columns.status] == row.cells[columns.status]
        return row.cells[:width], sure

    def _identity(
        self,
        name: str,
        titles: Sequence[tuple[str, str]],
        heading: str | None,
        line: int,
    ) -> tuple[str, str | None, str]:
        """Answer key, id and title of a row."""
        names = [words for _, words in titles if not _is_nothing(words)]
        title = names[0] if names else ""
        if not _is_nothing(name):
            if is_id(name):
                return name, name, title or name
            self.note(
                "unsafe_id", f"“{shown(name)[:60]}” is no id: letters, digits, . _ - only", line
            )
            return text_key(f"{name} {title}", heading), None, title or name
        for raw, words in titles:
            opening = opening_id(raw, words=words)
            if opening:
                others = (each for each in names if each != words)
                return opening.id, opening.id, squeeze(opening.rest) or next(others, opening.id)
        return text_key(title, heading), None, title

    def _status(self, cell: str, line: int, *, sure: bool) -> Status:
        if cell not in self._statuses:
            words = self.plain(cell) if "[" in cell else None
            self._statuses[cell] = read_status(cell, self._aliases, words=words)
        status = self._statuses[cell]
        if not sure:
            status = Status(
                canonical=UNKNOWN,
                text=status.text,
                raw=status.raw,
                doubt="a pipe in a code span may have moved it here from another column",
            )
        if status.doubt:
            self.note("doubtful_status", f"not read as a status: {status.doubt}", line)
        return status

    def _owners(self, cells: Sequence[str], columns: Columns) -> tuple[str, ...]:
        if columns.owners is None:
            return ()
        names = _BETWEEN_OWNERS.split(self.plain(cells[columns.owners]))
        return tuple(dict.fromkeys(shown(name) for name in names if not _is_nothing(name)))


def _is_nothing(words: str) -> bool:
    return shown(words).casefold() in _NOTHING


def _mentions(cells: Sequence[str], columns: Columns) -> tuple[str, ...]:
    """Answer the PRD cell, the Evidence cell, then others; none at all where none links."""
    named = (columns.prd, columns.evidence)
    first = [linking(cells[place]) if place is not None else "" for place in named]
    silent = {*named, columns.id, columns.status}
    others = [linking(cell) for place, cell in enumerate(cells) if place not in silent]
    found = (*first, *filter(None, others))
    return found if any(found) else ()


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
