"""How a document is read, and why so: what `explain` shows of it.

Everything comes from the readers themselves or from what they ask, read once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.markdown import Page, read_page
from spec_notify.core.plain import normalised, plain, shown
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import UNKNOWN, WORDS
from spec_notify.core.table import WIDEST, no_tasks_because, task_columns

from .backlog_config import own_statuses
from .checkbox import CheckboxReading, dialect, marks
from .document import read_document, source_of
from .sections import section_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.core.markdown import Table

    from .reading import Manner
    from .sections import Section

BUILT_IN, CONFIG = "built in", "config"
_FRONT_MATTER, _JSON = "front-matter", "task-master"
_MARKDOWN = frozenset({"auto", "table", "checkbox"})
_OF_PATHS = {
    _FRONT_MATTER: "Backlog.md keeps its tasks at this path",
    _JSON: "only task-master's documents are JSON",
}
_OF_CONTENT = {
    "table": "a task table stands in it",
    "mixed": "a task table and boxes with ids stand in it",
    "checkbox": "boxes and no task table stand in it",
    "none": "neither a task table nor a box stands in it",
}


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word or mark that says a status, and where that was learnt."""

    word: str
    status: str
    origin: str
    """`built in`, `config` ([statuses]), or the path of the project's own settings."""


class SeenTable(msgspec.Struct, frozen=True, kw_only=True):
    """A table of a page: whether its rows are tasks, and why not."""

    line: int
    section: str | None
    header: tuple[str, ...]
    rows: int
    why: str | None
    """None where its rows are read."""


class SeenTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task, and how its status was read."""

    task: Task
    by: str
    """cell, section, box or field: where its status stands."""
    how: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """How a document is read."""

    snapshot: Snapshot
    because: str
    """path, content or format: what decided on the reader."""
    why: str
    words: tuple[Word, ...]
    tasks: tuple[SeenTask, ...]
    dialect: str | None = None
    marks: dict[str, str] = {}
    tables: tuple[SeenTable, ...] = ()
    boxes: tuple[int, ...] = ()
    """Lines of boxes that are no tasks: they stand beside a task table that speaks for them."""


def explain(path: str, text: str, manner: Manner, *, format: str | None = None) -> Explanation:
    """Explain how `read_document` reads a text; any text can be explained."""
    snapshot = read_document(
        path,
        text,
        aliases=manner.aliases,
        format=format,
        by_section=manner.by_section,
        beside=manner.beside,
    )
    source = source_of(path, format)
    markdown = source.format in _MARKDOWN
    page = read_page(text) if markdown else Page()
    hows = _Hows(page, manner, fields=not markdown)
    because, why = _choice(source.format, format, snapshot)
    return Explanation(
        snapshot=snapshot,
        because=because,
        why=why,
        words=tuple(_words(path, manner, own=source.format == _FRONT_MATTER).values()),
        tasks=tuple(map(hows.of, snapshot.tasks)),
        dialect=dialect(path) if markdown else None,
        marks=marks(path, manner.aliases) if markdown else {},
        tables=tuple(_tables(page, manner, source.format)),
        boxes=_left_out(path, page, manner, snapshot),
    )


def _choice(source: str, format: str | None, snapshot: Snapshot) -> tuple[str, str]:
    if format == source != "auto":
        return "format", f"the config says format = “{source}”"
    if source not in _MARKDOWN:
        return "path", _OF_PATHS.get(source, f"documents of this path are {source}")
    return "content", _OF_CONTENT[snapshot.format]


def _words(path: str, manner: Manner, *, own: bool) -> dict[str, Word]:
    told = own_statuses(path, manner.beside, manner.aliases)
    layers = [(BUILT_IN, WORDS), (CONFIG, manner.aliases)]
    if own:
        layers.insert(1, (told.origin, told.words))
    return {
        normalised(word): Word(word=normalised(word), status=status, origin=origin)
        for origin, words in layers
        for word, status in words.items()
    }


def _left_out(path: str, page: Page, manner: Manner, snapshot: Snapshot) -> tuple[int, ...]:
    read = {task.line for task in snapshot.tasks}
    boxes = CheckboxReading(path, page, manner).tasks
    return tuple(each.line for each in boxes if each.line not in read)


def _tables(page: Page, manner: Manner, source: str) -> Iterator[SeenTable]:
    for table in page.tables:
        header = tuple(shown(plain(cell, page.references)) for cell in table.header)
        yield SeenTable(
            line=table.line,
            section=shown(table.heading) if table.heading else None,
            header=header,
            rows=len(table.rows),
            why=_why_not(header, source, by_section=_section(page, manner, table) is not None),
        )


def _why_not(header: tuple[str, ...], source: str, *, by_section: bool) -> str | None:
    if source == "checkbox":
        return "the config says format = “checkbox”"
    if task_columns(header, by_section=by_section) is None:
        return no_tasks_because(header)
    return f"it has more than {WIDEST} columns" if len(header) > WIDEST else None


def _section(page: Page, manner: Manner, table: Table) -> Section | None:
    if not manner.by_section:
        return None
    return section_of(table.above, manner.aliases, page.references)


class _Hows:
    """Says how statuses of one page were read, by the lines they stand on."""

    def __init__(self, page: Page, manner: Manner, *, fields: bool) -> None:
        self._fields = fields
        self._sections = {
            line: section
            for each in page.tables
            for section in [_section(page, manner, each)]
            for line in range(each.first, each.first + len(each.rows))
        }

    def of(self, task: Task) -> SeenTask:
        """Answer a task and how its status was read."""
        section = self._sections.get(task.line)
        inside = "cell" if task.line in self._sections else "box"
        by = "field" if self._fields else "section" if section else inside
        how = _how(task, by)
        return SeenTask(task=task, by=by, how=f"the heading {how}" if section else how)


def _how(task: Task, by: str) -> str:
    status = task.status
    if status.doubt:
        return f"not read as a status: {status.doubt}"
    if not status.raw.strip():
        return "nothing is said, so it counts as open"
    if status.canonical == UNKNOWN:
        return f"“{status.text}” is no known {'mark' if by == 'box' else 'word'}: it counts as open"
    if by == "box":
        return f"the mark {status.text}"
    if normalised(plain(status.raw)) == status.text:
        return f"says “{status.text}”"
    return f"says “{status.text}”; what stands beside it is a remark"
