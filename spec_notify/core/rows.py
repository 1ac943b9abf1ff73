"""Table rows: where GFM begins and ends them, and where it cuts them into cells.

https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_block import StateBlock

TABLE = "rows"
"""The type of the token that stands for a table: `meta` holds `header` and `rows`."""

# GFM readers stop completing short rows here, so that a small text cannot become a huge table.
_MOST_MISSING = 0x10000
# Far beyond any table people read: a row of a million cells is an attack, not a table.
_MOST_COLUMNS = 1024
_TICKS = re.compile("`+")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A table row: raw cells as GFM splits them, none added or cut, and the line they stand on."""

    line: int
    cells: tuple[str, ...]
    source: str


def read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Read a table as one token: a token per cell is most of what reading one costs."""
    from markdown_it.rules_block import table

    if start + 2 > end or _too_wide(state, start + 1):
        return False
    # Only the header and its delimiter row are shown to the stock rule, which judges them.
    if not table(state, start, start + 2, silent):
        return False
    if not silent:
        opened = next(
            place
            for place in range(len(state.tokens) - 1, -1, -1)
            if state.tokens[place].type == "table_open"
        )
        cells = (token for token in state.tokens[opened:] if token.type == "inline")
        header = tuple(token.content for token in cells)
        del state.tokens[opened:]
        rows = tuple(_rows(state, start + 2, end, len(header)))
        token = state.push(TABLE, "table", 0)
        token.meta = {"header": header, "rows": rows}
        token.map = [start, start + 2 + len(rows)]
        state.line = start + 2 + len(rows)
    return True


def _too_wide(state: StateBlock, line: int) -> bool:
    return state.src.count("|", state.bMarks[line], state.eMarks[line]) > _MOST_COLUMNS


def _rows(state: StateBlock, start: int, end: int, width: int) -> Iterator[Row]:
    from markdown_it.common.utils import MD_TRIM_CHARS

    around, state.parentType = state.parentType, "table"
    enders = state.md.block.ruler.getRules("blockquote")
    missing, silent = 0, True
    for line in range(start, end):
        if state.sCount[line] < state.blkIndent or state.is_code_block(line):
            break
        begin = state.bMarks[line] + state.tShift[line]
        source = state.src[begin : state.eMarks[line]].strip(MD_TRIM_CHARS)
        # No block that ends a table begins with a pipe.
        if not source or (
            source[0] != "|" and any(ends(state, line, end, silent) for ends in enders)
        ):
            break
        cells = split_row(source)
        missing += width - len(cells)
        if missing > _MOST_MISSING:
            break
        yield Row(
            line=line + 1, cells=tuple(each.strip(MD_TRIM_CHARS) for each in cells), source=source
        )
    state.parentType = around


def split_row(source: str) -> list[str]:
    """Split a trimmed row at its unescaped pipes, as GFM does: code spans protect nothing."""
    if "\\" in source:
        from markdown_it.rules_block.table import escapedSplit

        cells = escapedSplit(source)
    else:
        cells = source.split("|")
    return _within_edges(cells)


def split_row_by_eye(source: str) -> list[str]:
    """Split a trimmed row as its writer may have meant it: a code span protects its pipes."""
    spans = dict(_code_spans(source))
    cells, begin, place = [], 0, 0
    while place < len(source):
        char = source[place]
        if char == "|":
            cells.append(source[begin:place])
            begin = place + 1
        # An escaped character is passed over, a code span with all it holds.
        place = place + 2 if char == "\\" else spans.get(place, place + 1)
    return [cell.replace("\\|", "|").strip() for cell in _within_edges([*cells, source[begin:]])]


def _code_spans(source: str) -> Iterator[tuple[int, int]]:
    """Answer where each run of backticks begins, and where the code it opens is over."""
    closing: dict[int, int] = {}
    for run in reversed(list(_TICKS.finditer(source))):
        length = len(run[0])
        yield run.start(), closing.get(length, run.end())
        closing[length] = run.end()


def _within_edges(cells: list[str]) -> list[str]:
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return cells
