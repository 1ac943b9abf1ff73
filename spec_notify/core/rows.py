"""Table rows: where GFM begins and ends them, and where it cuts them into cells.

https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.rules_block import StateBlock

PROSE = "prose"
"""The type of the token that stands for a paragraph.

Its content is left out where that neither holds a pipe nor can open with `[`.
"""
TABLE = "rows"
"""The type of the token that stands for a table.

`meta` holds the `header` as cells, the `rows` as written, and how many cells they are `short` of,
with the row that was one too many.
"""

# GFM readers stop completing short rows here, so that a small text cannot become a huge table.
MOST_SHORT = 0x10000
# Far beyond any table people read: a row of a million cells is an attack, not a table.
_MOST_COLUMNS = 1024
_CODE = 4
# A hyphen and a space would open a list item.
_RULER = re.compile(r"(?!-[ \t])[-|:][-|: \t]+")
_RULE = re.compile(":?-+:?")
_TICKS = re.compile("`+")


def read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001 - markdown-it's signature
    """Read a table as one token: a token per cell is most of what reading one costs."""
    width = _width(state, start, end)
    if width and not silent:
        rows, short = _rows(state, start + 2, end, width)
        token = state.push(TABLE, "table", 0)
        token.meta = {"header": tuple(_header(state, start)), "rows": rows, "short": short}
        token.map = [start, start + 2 + len(rows)]
        state.line = start + 2 + len(rows)
    return width > 0


def _width(state: StateBlock, start: int, end: int) -> int:
    """Answer how many columns the header and the delimiter row have that begin here; 0: none do."""
    ruler = start + 1
    if ruler >= end or not 0 <= state.sCount[ruler] - state.blkIndent < _CODE:
        return 0
    begin, over = state.bMarks[ruler] + state.tShift[ruler], state.eMarks[ruler]
    if not _RULER.fullmatch(state.src, begin, over):
        return 0
    cells = state.src[begin:over].strip().removeprefix("|").removesuffix("|").split("|")
    if len(cells) > _MOST_COLUMNS or not all(_RULE.fullmatch(cell.strip()) for cell in cells):
        return 0
    return len(cells) if len(_header(state, start)) == len(cells) else 0


def _header(state: StateBlock, line: int) -> list[str]:
    source = state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].strip(white())
    return [cell.strip(white()) for cell in split_row(source)] if "|" in source else []


def _rows(state: StateBlock, start: int, end: int, width: int) -> tuple[tuple[str, ...], int]:
    around, state.parentType = state.parentType, "table"
    enders = state.md.block.ruler.getRules("blockquote")
    rows: list[str] = []
    missing = short = 0
    trim, code, silent = white(), state.blkIndent + _CODE, True
    for line in range(start, end):
        if not state.blkIndent <= state.sCount[line] < code:
            break
        begin = state.bMarks[line] + state.tShift[line]
        source = state.src[begin : state.eMarks[line]].strip(trim)
        # No block that ends a table begins with a pipe.
        if not source or (
            source[0] != "|" and any(ends(state, line, end, silent) for ends in enders)
        ):
            break
        lacking = width - count_cells(source)
        missing += lacking
        short += max(0, lacking)
        if missing > MOST_SHORT:
            break
        rows.append(source)
    state.parentType = around
    return tuple(rows), short


def count_cells(source: str) -> int:
    """Answer into how many cells `split_row` cuts a trimmed row."""
    if "\\" in source:
        return len(split_row(source))
    return source.count("|") + 1 - (source[0] == "|") - (source[-1] == "|")


def split_row(source: str) -> list[str]:
    """Split a trimmed row at its unescaped pipes, as GFM does: code spans protect nothing."""
    if "\\" in source:
        from markdown_it.rules_block.table import escapedSplit

        cells = escapedSplit(source)
    elif len(source) > 1 and source[0] == "|" == source[-1]:
        return source[1:-1].split("|")
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


@cache
def white() -> str:
    """Answer the characters that GFM trims from rows and cells."""
    from markdown_it.common.utils import MD_TRIM_CHARS

    return MD_TRIM_CHARS


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
