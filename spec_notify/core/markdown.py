"""One reading of a Markdown text for what tasks are written in: tables, list items, stray rows.

CommonMark 0.31 blocks and GFM tables, by markdown-it; https://github.github.com/gfm/#tables-extension-
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from . import rows
from .patch import patched
from .plain import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

DEEPEST = 40
_FRONT_MATTER = re.compile(r"[A-Za-z_][\w -]*:(?:\s|$)")
_FRONT_MATTER_LINES = 200


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """A GFM table under the nearest heading before it; lines count from 1."""

    header: tuple[str, ...]
    """Cells, trimmed."""
    rows: tuple[str, ...]
    """As written, trimmed; `rows.split_row` cuts them."""
    line: int
    heading: str | None = None
    above: tuple[str, ...] = ()
    """The headings it stands under, the outermost first, as written."""
    short: int = 0
    """How many cells its rows lack in all."""
    nested: bool = False
    """It stands in a list or a block quote."""

    @property
    def first(self) -> int:
        """The line of its first row: header and delimiter are lines of their own."""
        return self.line + 2


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
    source: str = ""
    """What was read: lines end at LF, and front matter is empty lines."""


def read_page(text: str, before: Page | None = None) -> Page:
    """Read a text once; any text is readable.

    Lines end at LF, CR LF or CR and nowhere else. A byte order mark is no text; YAML front
    matter is none of the page, but counts as lines. `before` is an earlier page of the same
    document: it changes nothing but the time this takes.
    """
    source = _without_front_matter(_normalised(text.removeprefix("\ufeff")))
    page = patched(before, source) if before is not None else None
    if page is not None:
        return page
    # Half a look's start-up time: a look that parses nothing does not pay for it.
    from .blocks import read_blocks

    return _Reading(source, *read_blocks(source, DEEPEST)).page()


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
        self._above: tuple[tuple[str, str], ...] = ()

    def page(self) -> Page:
        tables: list[Table] = []
        items: list[Item] = []
        strays: list[Stray] = []
        for index, token in enumerate(self._tokens):
            match token.type:
                case "heading_open":
                    self._under(token.tag, self._tokens[index + 1].content)
                case rows.TABLE:
                    tables.append(self._table(token))
                case "list_item_open":
                    items += self._item(index)
                case "inline" | rows.PROSE if "|" in token.content:
                    strays += _strays(token)
        return Page(
            tables=tuple(tables),
            items=tuple(items),
            strays=tuple(strays),
            references=self._references,
            open_fence=self._open_fence(),
            source=self._source,
            too_deep=any(_at_the_bottom(token) for token in self._tokens),
        )

    def _under(self, tag: str, heading: str) -> None:
        self._raw_heading, self._heading = heading, None
        self._above = (*(each for each in self._above if each[0] < tag), (tag, heading))

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
            above=tuple(heading for _, heading in self._above),
            short=token.meta["short"],
            nested=token.level > 0,
        )

    def _item(self, index: int) -> Iterator[Item]:
        prose = self._tokens[index + 1]
        if prose.type == rows.PROSE and prose.content.startswith("["):
            first = prose.content.split("\n", 1)[0]
            yield Item(text=first, line=_line(prose), heading=self._section())

    def _open_fence(self) -> int | None:
        last = self._tokens[-1] if self._tokens else None
        if last is None or last.type != "fence" or last.level or last.map is None:
            return None
        first, end = last.map
        lines = self._source.split("\n")
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


def _normalised(text: str) -> str:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("\0", "\ufffd")


def _without_front_matter(text: str) -> str:
    if not text.startswith("---"):
        return text
    lines = text.split("\n", _FRONT_MATTER_LINES)
    if lines[0].rstrip() != "---" or not _FRONT_MATTER.match("".join(lines[1:2])):
        return text
    for place, line in enumerate(lines[1:_FRONT_MATTER_LINES], 1):
        if line.rstrip() in {"---", "..."}:
            return "\n" * (place + 1) + "\n".join(lines[place + 1 :])
        if line.startswith("|"):
            return text
    return text
