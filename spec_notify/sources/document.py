"""A document's text as a snapshot: which source reads it, and what is not to be read."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.markdown import DEEPEST, read_page
from spec_notify.core.snapshot import Notice, Snapshot, Task
from spec_notify.core.status import DONE

from . import accords, front_matter, stage_runs, task_master
from .bounds import CONFLICT, conflicted, overgrown
from .checkbox import CheckboxReading
from .reading import Manner
from .spec_table import TableReading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from spec_notify.core.markdown import Page

    from .memory import Memory

MOST_BYTES = 5 * 1024 * 1024
MOST_LINES = 100_000
_MOST_NOTICES = 20
_LISTED_LINES = 10


class Source(msgspec.Struct, frozen=True, kw_only=True):
    """A way to read documents, the paths it claims, and its pure reader (path, text, manner).

    `refuses` says why a text is not to be read, or nothing; `beside` names the neighbours that
    say how a document is read.
    """

    format: str
    claims: Callable[[str], bool]
    read: Callable[[str, str, Manner], Snapshot]
    refuses: Callable[[str], str | None]
    beside: Callable[[str], tuple[str, ...]] = lambda _path: ()


def unreadable(path: str, text: str, *, format: str | None = None) -> str | None:
    """Say why a document is not to be read as it stands; None for any other.

    Too much for bounded time and memory (5 MiB, 100,000 lines, 10,000 rows, 40 nested blocks),
    half written, or half merged. The caller leaves its snapshot alone. `format` is that of
    `read_document`.
    """
    wide = not text.isascii() and len(text.encode("utf-8", "replace")) > MOST_BYTES
    if wide or len(text) > MOST_BYTES:
        return "it is larger than 5 MiB"
    if text.count("\n") + text.count("\r") - text.count("\r\n") > MOST_LINES:
        return f"it has more than {MOST_LINES:,} lines"
    if conflicted(text):
        return CONFLICT
    return source_of(path, format).refuses(text)


def read_document(
    path: str,
    text: str,
    *,
    aliases: Mapping[str, str] = {},
    format: str | None = None,
    by_section: bool = False,
    beside: Mapping[str, str] = {},
    memory: Memory | None = None,
) -> Snapshot:
    """Read a document's tasks; any text is readable, and one without tasks says so in a notice.

    `format` names a source, else the path and the text decide. `Snapshot.format` is what was
    found: table, checkbox, mixed, front-matter, task-master or none; of an evidence tree
    stage-telemetry or consensus. `memory` saves time and changes nothing. Contract, section 4,
    "What is watched".
    """
    # What is no Unicode text could be neither hashed, stored nor sent.
    text = text if text.isascii() else text.encode("utf-8", "replace").decode()
    manner = Manner(aliases=aliases, by_section=by_section, beside=beside, memory=memory)
    snapshot = source_of(path, format).read(path, text, manner)
    notices = [*snapshot.notices, *_duplicates(snapshot.tasks)]
    if not snapshot.tasks and not path.endswith("/"):
        notices.append(Notice(code="no_tasks", message="no task was found in it"))
    return msgspec.structs.replace(snapshot, notices=tuple(_few(notices)))


def beside(path: str, *, format: str | None = None) -> tuple[str, ...]:
    """Answer which neighbours of a document say how it is read; they need not exist."""
    return source_of(path, format).beside(path)


def source_of(path: str, format: str | None) -> Source:
    """Answer the source `format` names, else the first that claims the path."""
    # To ask for `auto` is to leave it to the path; a tree has its own text, whatever is asked.
    auto = format == "auto" or path.endswith("/")
    named = [each for each in SOURCES if each.format == format and not auto]
    return (named or [each for each in SOURCES if each.claims(path)])[0]


def _read_tables(path: str, text: str, manner: Manner) -> Snapshot:
    page, tables = _tables(path, text, manner)
    return _snapshot(path, page, tables, None)


def _read_checkboxes(path: str, text: str, manner: Manner) -> Snapshot:
    page = read_page(text)
    return _snapshot(path, page, None, CheckboxReading(path, page, manner))


def _read_markdown(path: str, text: str, manner: Manner) -> Snapshot:
    page, tables = _tables(path, text, manner)
    return _snapshot(path, page, tables, CheckboxReading(path, page, manner))


def _tables(path: str, text: str, manner: Manner) -> tuple[Page, TableReading]:
    memory = manner.memory
    if memory is None:
        page = read_page(text)
        return page, TableReading(page, manner)
    page = memory.page(path, text)
    tables = TableReading(page, manner, memory.parts(path))
    memory.keep(path, page, tables.parts)
    return page, tables


def _snapshot(
    path: str, page: Page, tables: TableReading | None, boxes: CheckboxReading | None
) -> Snapshot:
    rows, notices = (tables.tasks, tables.notices) if tables else ([], [])
    items = boxes.tasks if boxes else []
    if tables and tables.found:
        # Beside a task table a box without id is a criterion; in SPEC.md every box is.
        items = [each for each in items if each.id and path.rsplit("/", 1)[-1] != "SPEC.md"]
        items, more = _reconcile(rows, items) if items else ([], [])
        notices = notices + more
    lines = {each.line for each in items}
    notices = notices + [each for each in (boxes.notices if boxes else ()) if each.line in lines]
    tasks = sorted((*rows, *items), key=_line) if items else rows
    found = "table" if tables and tables.found else "checkbox" if items else "none"
    return Snapshot(
        document=path,
        format="mixed" if found == "table" and items else found,
        tasks=tuple(tasks),
        notices=(*notices, *_about(page)),
    )


def _line(task: Task) -> int:
    return task.line


def _reconcile(rows: Iterable[Task], items: Iterable[Task]) -> tuple[list[Task], list[Notice]]:
    """Drop boxes whose id has a row: it is one task, and the row speaks for it."""
    done = defaultdict(set)
    for row in rows:
        done[row.key].add(row.status.canonical == DONE)
    notices = []
    for item in items:
        ticked = item.status.canonical == DONE
        if item.key in done and done[item.key] != {ticked}:
            message = f"{item.id} is {item.status.text} here and otherwise in its table row"
            notices.append(Notice(code="disagreement", message=message, line=item.line))
    return [each for each in items if each.key not in done], notices


def _about(page: Page) -> Iterable[Notice]:
    if page.open_fence is not None:
        message = "nothing closes this code fence: all after it is code"
        yield Notice(code="open_fence", message=message, line=page.open_fence)
    if page.too_deep:
        message = f"blocks nested more than {DEEPEST} levels deep are not read"
        yield Notice(code="too_deep", message=message)


def _duplicates(tasks: Sequence[Task]) -> Iterable[Notice]:
    ids = [task.id for task in tasks if task.id is not None]
    if len(set(ids)) == len(ids):
        return
    twice = {id_ for id_, count in Counter(ids).items() if count > 1}
    lines = defaultdict(list)
    for task in tasks:
        if task.id in twice:
            lines[task.id].append(task.line)
    for id_, found in lines.items():
        places = ", ".join(map(str, found[:_LISTED_LINES]))
        message = f"{id_} stands in {len(found)} rows: lines {places}"
        yield Notice(code="duplicate_id", message=message, line=found[0])


def _few(notices: Iterable[Notice]) -> Iterable[Notice]:
    """Answer notices in line order, the first of each code: a poison document is told, once."""
    ordered = sorted(notices, key=lambda each: each.line or 0)
    told: Counter[str] = Counter()
    for notice in ordered:
        told[notice.code] += 1
        if told[notice.code] <= _MOST_NOTICES:
            yield notice
    for code, count in told.items():
        if count > _MOST_NOTICES:
            yield Notice(code=code, message=f"and {count - _MOST_NOTICES} more of this kind")


def _any(_path: str) -> bool:
    return True


def _none(_path: str) -> bool:
    return False


def _nothing(_text: str) -> None:
    return None


# The first source that claims a path reads it; one that claims none is named by `format`.
SOURCES = (
    Source(format="table", claims=_none, read=_read_tables, refuses=overgrown),
    Source(format="checkbox", claims=_none, read=_read_checkboxes, refuses=overgrown),
    Source(
        format="front-matter",
        claims=front_matter.claims,
        read=front_matter.read,
        refuses=front_matter.refuses,
        beside=front_matter.beside,
    ),
    Source(
        format="task-master",
        claims=task_master.claims,
        read=task_master.read,
        refuses=task_master.refuses,
    ),
    Source(
        format=stage_runs.FORMAT, claims=stage_runs.claims, read=stage_runs.read, refuses=_nothing
    ),
    Source(format=accords.FORMAT, claims=accords.claims, read=accords.read, refuses=_nothing),
    Source(format="auto", claims=_any, read=_read_markdown, refuses=overgrown),
)
