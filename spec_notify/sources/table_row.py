"""One row of a task table as a task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.identity import is_id, opening_id, text_key
from spec_notify.core.plain import LONGEST_CELL, shown, squeeze
from spec_notify.core.rows import split_row, split_row_by_eye, white
from spec_notify.core.snapshot import Task
from spec_notify.core.status import UNKNOWN, Status, read_status

from .reading import Manner, Reading, links

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.markdown import Page, Table
    from spec_notify.core.table import Columns

_NOTHING = frozenset({"", "-", "--", "–", "—", "none", "(none)", "n/a", "tbd", "unassigned"})  # noqa: RUF001 - dashes people write
_LONGEST_NOTHING = max(map(len, _NOTHING))
_NOWHERE = -1
_SHORT = 4
"""No longer cell holds what links."""
_BETWEEN_OWNERS = re.compile(r"[,;\n]|\s(?:&|\+|/|and)\s")


class RowReading(Reading):
    """Reads the rows of one table; what many rows repeat is read once."""

    def __init__(self, page: Page, manner: Manner, table: Table, columns: Columns) -> None:
        super().__init__(page)
        self._aliases = manner.aliases
        self._columns = columns
        self._heading = table.heading
        self._section = self.section(table.heading)
        self._width = len(table.header)
        self._white = white()
        self._silent = [each for each in (columns.id, columns.status) if each is not None]
        self._prd, self._evidence = (
            _NOWHERE if place is None else place for place in (columns.prd, columns.evidence)
        )
        self._statuses: dict[str, Status] = {}
        self._owners: dict[str, tuple[str, ...]] = {}

    def tasks(self, table: Table, start: int, end: int) -> tuple[Task | None, ...]:
        """Answer the tasks of the rows from `start` to `end`; None for one that names none."""
        lines = range(table.first + start, table.first + end)
        return tuple(map(self._task, table.rows[start:end], lines))

    def _task(self, source: str, line: int) -> Task | None:
        # GFM makes a row of any line under a table; prose is no task.
        if "|" not in source:
            return None
        cells, sure = self._cells(source, line)
        identity = self._identity(cells, line)
        if identity is None:
            return None
        key, id_, title = identity
        return Task(
            key=key,
            id=id_,
            title=self.title(title, line) or key,
            status=self._status(_cell(cells, self._columns.status), line, sure=sure),
            line=line,
            section=self._section,
            owners=self._owned(cells),
            mentions=self._mentions(source, cells),
        )

    def _words(self, cell: str) -> str:
        cell = cell.strip(self._white)
        # Letters and digits, as most ids are, hold nothing to read.
        return cell[:LONGEST_CELL] if cell.isalnum() else squeeze(self.plain(cell))

    def _cells(self, source: str, line: int) -> tuple[list[str], bool]:
        """Answer exactly as many cells as columns, and whether their places can be trusted."""
        cells, width = split_row(source), self._width
        if len(cells) <= width:
            return cells + [""] * (width - len(cells)) if len(cells) < width else cells, True
        meant = split_row_by_eye(source) if "`" in source else cells
        if len(meant) == width:
            return meant, True
        self.note("wide_row", f"this row has {len(cells)} cells under {width} columns", line)
        # A pipe in a code span may have pushed another cell under Status.
        place = self._columns.status
        if place is None:
            return cells[:width], True
        sure = len(meant) > place and meant[place].strip() == cells[place].strip()
        return cells[:width], sure

    def _identity(self, cells: Sequence[str], line: int) -> tuple[str, str | None, str] | None:
        """Answer key, id and title of a row; None where neither id nor title says anything."""
        name = self._words(_cell(cells, self._columns.id))
        if is_id(name) and name.casefold() not in _NOTHING:
            return name, name, self._first_title(cells) or name
        title = self._first_title(cells)
        if not _is_nothing(name):
            message = f"“{shown(name)[:60]}” is no id: letters, digits, . _ - only"
            self.note("unsafe_id", message, line)
            return text_key(f"{name} {title}", self._heading), None, title or name
        return self._titled(cells, title) if title else None

    def _first_title(self, cells: Sequence[str]) -> str:
        for place in self._columns.titles:
            words = self._words(cells[place])
            if not _is_nothing(words):
                return words
        return ""

    def _titled(self, cells: Sequence[str], title: str) -> tuple[str, str | None, str]:
        """Answer key, id and title of a row without id: a title may open with one."""
        for place in self._columns.titles:
            words = self._words(cells[place])
            opening = opening_id(cells[place].strip(self._white), words=words)
            if opening:
                rest = squeeze(opening.rest) or self._other_title(cells, words)
                return opening.id, opening.id, rest or opening.id
        return text_key(title, self._heading), None, title

    def _other_title(self, cells: Sequence[str], than: str) -> str:
        titles = (self._words(cells[place]) for place in self._columns.titles)
        return next((each for each in titles if each != than and not _is_nothing(each)), "")

    def _status(self, cell: str, line: int, *, sure: bool) -> Status:
        status = self._statuses.get(cell)
        if status is None:
            status = self._statuses[cell] = self._read_status(cell.strip(self._white))
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

    def _read_status(self, cell: str) -> Status:
        words = self.plain(cell) if "[" in cell else None
        return read_status(cell, self._aliases, words=words)

    def _owned(self, cells: Sequence[str]) -> tuple[str, ...]:
        if self._columns.owners is None:
            return ()
        cell = cells[self._columns.owners]
        owners = self._owners.get(cell)
        if owners is None:
            names = _BETWEEN_OWNERS.split(self.plain(cell.strip(self._white)))
            owners = tuple(dict.fromkeys(name for each in names if (name := _named(each))))
            self._owners[cell] = owners
        return owners

    def _mentions(self, source: str, cells: Sequence[str]) -> tuple[str, ...]:
        """Answer the PRD cell, the Evidence cell, then others; none at all where none links."""
        if not links(source):
            return ()
        linking = {
            place: cell
            for place, cell in enumerate(cells)
            # As `links` has it: a call for each cell is much of what a row costs.
            if len(cell) > _SHORT
            and ("SPEC-" in cell or ("/" in cell and ("docs/" in cell or "evidence/" in cell)))
        }
        for place in self._silent:
            linking.pop(place, "")
        if not linking:
            return ()
        found = [linking.pop(self._prd, ""), linking.pop(self._evidence, ""), *linking.values()]
        return tuple([cell.strip(self._white)[:LONGEST_CELL] for cell in found])


def _cell(cells: Sequence[str], place: int | None) -> str:
    return "" if place is None else cells[place]


def _named(owner: str) -> str:
    name = shown(owner)
    return "" if _is_nothing(name) else name


def _is_nothing(words: str) -> bool:
    # What a reader does not see can make a short word as long as it likes.
    if len(words) > _LONGEST_NOTHING and words.isascii() and words.isprintable():
        return False
    return shown(words).casefold() in _NOTHING
