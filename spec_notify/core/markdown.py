"""One reading of a Markdown text for what tasks are written in: tables, list items, stray rows.

CommonMark 0.31 blocks and GFM tables, by markdown-it; https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import msgspec

from .plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

DEEPEST = 40
_TABLE = "rows"
_BLOCKS = (
    "table", "code", "fence", "blockquote", "hr", "list", "reference", "html_block", "heading",
    "lheading",
)  # fmt: skip
# GFM readers stop completing short rows here, so that a small text cannot become a huge table.
_MOST_MISSING = 0x10000
# Far beyond any table people read: a row of a million cells is an attack, not a table.
_MOST_COLUMNS = 1024
_TICKS = re.compile("`+")
_FRONT_MATTER = re.compile(r"[A-Za-z_][\w -]*:(?:\s|$)")
_FRONT_MATTER_LINES = 200


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A table row: raw cells as GFM splits them, none added or cut, and the line they stand on."""

    line: int
    cells: tuple[str, ...]
    source: str


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A GFM table under the nearest heading before it; lines count from 1."""

    header: tuple[str, ...]
    rows: tuple[Row, ...]
    line: int
    heading: str | None = None


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """The first line of a list item that opens with `[`."""

    text: str
    line: int
    heading: str | None = None


class Stray(msgspec.Struct, frozen=True, kw_only=True):
    """A line that looks like a table row and stands outside any table."""

    text: str
    line: int


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What one text holds, each in line order."""

    tables: tuple[Table, ...] = ()
    items: tuple[Item, ...] = ()
    strays: tuple[Stray, ...] = ()
    references: dict[str, object] = {}
    open_fence: int | None = None
    """Line of a code fence that nothing closes: what follows it is code."""
    too_deep: bool = False
    """Blocks are nested more than `DEEPEST` levels; what stands deeper was not read."""


def read_page(text: str) -> Page:
    """Read a text once; any text is readable.

    Lines end at LF, CR LF or CR and nowhere else. A byte order mark is no text; YAML front
    matter is none of the page, but counts as lines.
    """
    env: dict[str, dict[str, object]] = {}
    source = _without_front_matter(text.removeprefix("\ufeff"))
    return _Reading(source, _parser().parse(source, env), env.get("references", {})).page()


class _Reading:
    """One pass over the tokens, which knows the heading it stands under."""

    def __init__(
        self, source: str, tokens: Sequence[Token], references: Mapping[str, object]
    ) -> None:
        self._source = source
        self._tokens = tokens
        self._references = dict(references)
        self._raw_heading: str | None = None
        self._heading: str | None = None

    def page(self) -> Page:
        tables: list[Table] = []
        items: list[Item] = []
        strays: list[Stray] = []
        for index, token in enumerate(self._tokens):
            match token.type:
                case "heading_open":
                    self._raw_heading = self._tokens[index + 1].content
                    self._heading = None
                case "rows":
                    tables.append(self._table(token))
                case "list_item_open":
                    items += self._item(index)
                case "inline" if "|" in token.content:
                    strays += _strays(token)
        return Page(
            tables=tuple(tables),
            items=tuple(items),
            strays=tuple(strays),
            references=self._references,
            open_fence=self._open_fence(),
            too_deep=any(_at_the_bottom(token) for token in self._tokens),
        )

    def _section(self) -> str | None:
        if self._heading is None and self._raw_heading is not None:
            self._heading = plain(self._raw_heading, self._references)
        return self._heading

    def _table(self, token: Token) -> Table:
        return Table(
            header=token.meta["header"],
            rows=token.meta["rows"],
            line=_line(token),
            heading=self._section(),
        )

    def _item(self, index: int) -> Iterator[Item]:
        if self._tokens[index + 1].type != "paragraph_open":
            return
        inline = self._tokens[index + 2]
        if inline.content.startswith("["):
            first = inline.content.split("\n", 1)[0]
            yield Item(text=first, line=_line(inline), heading=self._section())

    def _open_fence(self) -> int | None:
        last = self._tokens[-1] if self._tokens else None
        if last is None or last.type != "fence" or last.level or last.map is None:
            return None
        first, end = last.map
        lines = self._source.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        bare = lines[end - 1].strip()
        closed = first < end - 1 and bare == last.markup[0] * max(len(bare), len(last.markup))
        return None if closed else first + 1


def _line(token: Token) -> int:
    return token.map[0] + 1 if token.map else 1


def _strays(inline: Token) -> Iterator[Stray]:
    for offset, text in enumerate(inline.content.split("\n")):
        if text.lstrip().startswith("|"):
            yield Stray(text=text.strip(), line=_line(inline) + offset)


def _at_the_bottom(token: Token) -> bool:
    return token.level + 1 >= DEEPEST and token.type in {"blockquote_open", "list_item_open"}


def _without_front_matter(text: str) -> str:
    lines = text.split("\n", _FRONT_MATTER_LINES)
    if lines[0].rstrip() != "---" or not _FRONT_MATTER.match("".join(lines[1:2])):
        return text
    for place, line in enumerate(lines[1:_FRONT_MATTER_LINES], 1):
        if line.rstrip() in {"---", "..."}:
            return "\n" * (place + 1) + "\n".join(lines[place + 1 :])
        if line.startswith("|"):
            return text
    return text


@cache
def _parser() -> MarkdownIt:
    # Half a look's start-up time: a look that parses nothing does not pay for it.
    from markdown_it import MarkdownIt

    # Without `html` an HTML block would be read as text, and rows in a comment as rows.
    parser = MarkdownIt("zero", {"html": True, "maxNesting": DEEPEST})
    parser.enable(_BLOCKS)
    parser.disable(["inline", "text_join"])
    parser.block.ruler.at("table", _read_table, {"alt": ["paragraph", "reference"]})
    return parser


def _read_table(state: StateBlock, start: int, end: int, silent: bool) -> bool:  # noqa: FBT001
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
        token = state.push(_TABLE, "table", 0)
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
