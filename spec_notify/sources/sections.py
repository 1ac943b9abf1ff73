"""Statuses that headings say: rows below "In Progress" or "Completed (Recent)" stand in it.

Read so only where `status_by_section` asks for it: elsewhere such a heading is prose.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.identity import is_id
from spec_notify.core.plain import plain, shown, squeeze
from spec_notify.core.status import UNKNOWN, Status, read_status

from .table_row import RowReading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from spec_notify.core.markdown import Page, Table
    from spec_notify.core.table import Columns

    from .reading import Manner

_WITH_SUFFIX = re.compile(r"(?P<id>\S+) +\([^()]*\)")


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """A heading that says a status."""

    heading: str
    status: Status
    home: str | None
    """The innermost heading above the rows that says none: where a row is at home as it moves."""


def section_of(
    above: Sequence[str], aliases: Mapping[str, str], references: Mapping[str, object] = {}
) -> Section | None:
    """Answer what the innermost heading that says a status says; None where none does.

    `above` are the headings something stands under, the outermost first, as written. One that
    looks like a Done but doubts itself is Unknown, as a cell would be.
    """
    words = [squeeze(plain(each, references)) for each in above]
    statuses = [
        read_status(raw, aliases, words=said) for raw, said in zip(above, words, strict=True)
    ]
    spoken = [each.canonical != UNKNOWN or each.doubt is not None for each in statuses]
    if True not in spoken:
        return None
    place = len(spoken) - 1 - spoken[::-1].index(True)
    silent = [said for said, speaks in zip(words, spoken, strict=True) if not speaks]
    return Section(
        heading=shown(words[place]),
        status=statuses[place],
        home=silent[-1] if silent else None,
    )


class SectionRowReading(RowReading):
    """Reads the rows of a table that all stand in one status; a Status cell decides nothing.

    An id may bear a suffix, as `T7 (core)`. A row without id keeps its key when it moves to
    another status.
    """

    def __init__(
        self, page: Page, manner: Manner, table: Table, columns: Columns, section: Section
    ) -> None:
        super().__init__(page, manner, table, columns)
        self._heading = section.home
        self._said = section.status

    def _identity(self, cells: Sequence[str], line: int) -> tuple[str, str | None, str] | None:
        place = self._columns.id
        name = "" if place is None else self._words(cells[place])
        suffixed = _WITH_SUFFIX.fullmatch(name)
        if place is None or suffixed is None or not is_id(suffixed["id"]):
            return super()._identity(cells, line)
        bare = (*cells[:place], suffixed["id"], *cells[place + 1 :])
        named = super()._identity(bare, line)
        # Without a title of its own the row is called by all of its name.
        return named and (*named[:2], name if named[2] == suffixed["id"] else named[2])

    def _status(self, cell: str, line: int, *, sure: bool) -> Status:  # noqa: ARG002 - the face of every row reading
        if self._said.doubt:
            self.note("doubtful_status", f"not read as a status: {self._said.doubt}", line)
        return self._said
