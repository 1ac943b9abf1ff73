"""Tasks of a Markdown text read the plain way: stock markdown-it, cell by cell, nothing skipped.

It shares with the product what words mean (columns, ids, statuses), and none of how they are found.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt

from spec_notify.core.identity import is_id, opening_id, text_key
from spec_notify.core.markdown import DEEPEST, Item, Page
from spec_notify.core.plain import shown, squeeze
from spec_notify.core.rows import split_row, split_row_by_eye, white
from spec_notify.core.status import UNKNOWN, Status, read_status
from spec_notify.core.table import WIDEST, Columns, task_columns
from spec_notify.sources.checkbox import CheckboxReading
from spec_notify.sources.reading import Manner

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markdown_it.token import Token

NOTHING = {"", "-", "--", "–", "—", "none", "(none)", "n/a", "tbd", "unassigned"}  # noqa: RUF001 - dashes people write
PARSER = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable(["table", "strikethrough"])


class Facts(NamedTuple):
    """What must not depend on how a task was read."""

    line: int
    key: str
    id: str | None
    title: str
    status: Status
    section: str | None


class Cell(NamedTuple):
    raw: str
    words: str


def plain_tasks(path: str, text: str) -> list[Facts]:
    reading = _Reading(text)
    rows, items = reading.rows, list(_boxes(path, reading))
    if reading.found:
        keys = {row.key for row in rows}
        spec = path.rpartition("/")[2] == "SPEC.md"
        items = [each for each in items if each.id and each.key not in keys and not spec]
    return sorted((*rows, *items), key=lambda each: each.line)


class _Reading:
    def __init__(self, text: str) -> None:
        text = _without_front_matter(re.sub("\r\n?", "\n", text.removeprefix("\ufeff")))
        self.lines = text.replace("\0", "\ufffd").split("\n")
        self.env: dict[str, dict[str, object]] = {}
        self.rows: list[Facts] = []
        self.items: list[Item] = []
        self.found = False
        self._heading: str | None = None
        self._columns: Columns | None = None
        self._width = 0
        self._tokens = PARSER.parse(text, self.env)
        for place, token in enumerate(self._tokens):
            if token.type == "heading_open":
                self._heading = _words(self._tokens[place + 1].children or [])
            elif token.type == "list_item_open":
                self._item(place)
            elif token.type == "tr_open":
                self._row(token, self._cells(place))

    def _item(self, place: int) -> None:
        inline = self._tokens[place + 2] if len(self._tokens) > place + 2 else None
        if self._tokens[place + 1].type == "paragraph_open" and inline and inline.map:
            first = inline.content.split("\n")[0]
            if first.startswith("["):
                self.items.append(Item(text=first, line=inline.map[0] + 1, heading=self._heading))

    def _cells(self, place: int) -> list[tuple[str, Cell]]:
        cells = []
        for number in range(place + 1, len(self._tokens)):
            token = self._tokens[number]
            if token.type == "tr_close":
                break
            if token.type == "inline":
                kind = self._tokens[number - 1].type
                cells.append((kind, Cell(token.content, _words(token.children or []))))
        return cells

    def _row(self, token: Token, cells: list[tuple[str, Cell]]) -> None:
        assert token.map
        if cells[0][0] == "th_open":
            columns = task_columns([cell.words for _, cell in cells])
            self._columns = columns if len(cells) <= WIDEST else None
            self._width = len(cells)
            self.found = self.found or self._columns is not None
        elif self._columns:
            source = self.lines[token.map[0]].lstrip(" \t>").strip(white())
            if "|" in source:
                self.rows += self._task(source, [cell for _, cell in cells], token.map[0] + 1)

    def _task(self, source: str, cells: list[Cell], line: int) -> Iterator[Facts]:
        columns = self._columns
        assert columns
        assert columns.status is not None
        cells, sure = self._meant(source, cells, columns.status)
        name = squeeze(cells[columns.id].words) if columns.id is not None else ""
        titles = [Cell(cells[n].raw, squeeze(cells[n].words)) for n in columns.titles]
        named = [each.words for each in titles if not _is_nothing(each.words)]
        if _is_nothing(name) and not named:
            return
        status = read_status(cells[columns.status].raw, words=cells[columns.status].words)
        if not sure:
            doubt = "a pipe in a code span may have moved it here from another column"
            status = Status(canonical=UNKNOWN, text=status.text, raw=status.raw, doubt=doubt)
        key, id_, title = _identity(name, titles, named, self._heading)
        section = shown(self._heading) if self._heading else None
        yield Facts(line, key, id_, shown(title) or key, status, section)

    def _meant(self, source: str, cells: list[Cell], status: int) -> tuple[list[Cell], bool]:
        if len(split_row(source)) <= self._width:
            return cells, True
        meant = split_row_by_eye(source)
        if len(meant) == self._width:
            return [self._cell(raw) for raw in meant], True
        return cells, len(meant) > status and meant[status] == cells[status].raw.strip()

    def _cell(self, raw: str) -> Cell:
        (inline,) = PARSER.parseInline(raw, self.env)
        return Cell(raw, _words(inline.children or []))


def _identity(
    name: str, titles: Sequence[Cell], named: Sequence[str], heading: str | None
) -> tuple[str, str | None, str]:
    title = named[0] if named else ""
    if not _is_nothing(name):
        if is_id(name):
            return name, name, title or name
        return text_key(f"{name} {title}", heading), None, title or name
    for raw, words in titles:
        opening = opening_id(raw, words=words)
        if opening:
            others = (each for each in named if each != words)
            return opening.id, opening.id, squeeze(opening.rest) or next(others, opening.id)
    return text_key(title, heading), None, title


def _boxes(path: str, reading: _Reading) -> Iterator[Facts]:
    page = Page(items=tuple(reading.items), references=dict(reading.env.get("references", {})))
    for task in CheckboxReading(path, page, Manner()).tasks:
        yield Facts(task.line, task.key, task.id, task.title, task.status, task.section)


def _is_nothing(words: str) -> bool:
    return shown(words).casefold() in NOTHING


def _words(tokens: Sequence[Token]) -> str:
    said = []
    for token in tokens:
        if token.type in {"text", "code_inline"}:
            said.append(token.content)
        elif token.type in {"softbreak", "hardbreak"}:
            said.append("\n")
        elif token.type == "html_inline":
            said.append("\n" if re.fullmatch(r"(?i)<br\s*/?>", token.content) else "")
        elif token.type == "image":
            said.append(_words(token.children or []))
    return "".join(said)


def _without_front_matter(text: str) -> str:
    lines = text.split("\n")
    opens = lines[0].rstrip() == "---" and len(lines) > 1
    if not opens or not re.match(r"[A-Za-z_][\w -]*:(\s|$)", lines[1]):
        return text
    for place, line in enumerate(lines[1:200], 1):
        if line.rstrip() in {"---", "..."}:
            return "\n" * (place + 1) + "\n".join(lines[place + 1 :])
        if line.startswith("|"):
            break
    return text
