"""Tasks of task-master: a JSON object of tags, each a list of numbered tasks with subtasks."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.identity import is_id, text_key
from spec_notify.core.markdown import Page
from spec_notify.core.plain import LONGEST_CELL, LONGEST_TITLE, shown, squeeze
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import Status, read_status

from .reading import MOST_ROWS, Manner, Reading, linking

if TYPE_CHECKING:
    from collections.abc import Iterator

_DEFAULT = "master"
"""The tag of a file without tags, and the one whose ids stand alone."""

# In JSON a quote that opens a key is never escaped, and only a key has a colon behind it.
_ID = re.compile(r'(?<!\\)"id"\s*+:')


class _Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A task or subtask as written, under which tag, and what it is called there."""

    known: dict[str, object]
    tag: str
    above: str
    """The parent task's name; empty for a task, and where the parent has none."""
    name: str
    """`1`, or `1.2` for a subtask; empty without id."""


def claims(path: str) -> bool:
    """Say whether a path is one task-master writes to: no other document is JSON."""
    return path.endswith(".json")


def refuses(text: str) -> str | None:
    """Say why a text is not to be believed: half a file must not look like one without tasks."""
    known = _parsed(text)
    if isinstance(known, str):
        return known
    if next(islice(_all_entries(known), MOST_ROWS, None), None) is not None:
        return f"it has more than {MOST_ROWS:,} tasks"
    return None


def read(path: str, text: str, manner: Manner) -> Snapshot:
    """Read the tasks of all tags; a text that `refuses` speaks against has none."""
    known = _parsed(text)
    reading = _List(known if isinstance(known, dict) else {}, text, manner)
    if isinstance(known, str):
        reading.note("malformed", known, None)
    return Snapshot(
        document=path,
        format="task-master" if reading.found else "none",
        tasks=tuple(sorted(reading.tasks, key=lambda each: each.line)),
        notices=tuple(reading.notices),
    )


class _List(Reading):
    """The tasks of a file, read once."""

    def __init__(self, known: dict[str, object], text: str, manner: Manner) -> None:
        super().__init__(Page())
        self._aliases = manner.aliases
        lines = _lines(known, text)
        tags = list(_tags(known))
        self.found = bool(tags)
        for tag, tasks in tags:
            if not isinstance(tasks, list):
                self.note("no_list", f"the tasks of tag “{shown(tag)[:60]}” are no list", None)
        self.tasks: list[Task] = []
        furthest = 1
        for entry in _all_entries(known):
            # What has no id stands behind what was read before it.
            line = lines.get(id(entry.known), furthest)
            furthest = max(furthest, line)
            self.tasks += self._task(entry, line)

    def _task(self, entry: _Entry, line: int) -> Iterator[Task]:
        words = squeeze(_text(entry.known.get("title"))[:LONGEST_CELL])
        if not words and not entry.name:
            self.note("nameless", "a task without id and title is not read", line)
            return
        key, id_ = self._identity(entry, words, line)
        yield Task(
            key=key,
            id=id_,
            title=self.title(words, line) or shown(entry.name) or key,
            status=self._status(entry, line),
            line=line,
            section=self.section(entry.tag),
            mentions=("", "", linking(words)) if linking(words) else (),
        )

    def _identity(self, entry: _Entry, words: str, line: int) -> tuple[str, str | None]:
        id_ = entry.name if entry.tag == _DEFAULT else f"{entry.tag}.{entry.name}"
        if entry.name and is_id(entry.tag) and is_id(entry.name) and is_id(id_):
            return f"{entry.tag}/{entry.name}", id_
        if entry.name:
            message = f"“{shown(id_)[:60]}” is no id: letters, digits, . _ - only"
            self.note("unsafe_id", message, line)
        return text_key(entry.name or words, f"{entry.tag}/{entry.above}"), None

    def _status(self, entry: _Entry, line: int) -> Status:
        said = _text(entry.known.get("status"))
        status = read_status(said, self._aliases)
        if not said.strip():
            self.note("no_status", "this task states no status", line)
        if status.doubt:
            self.note("doubtful_status", f"not read as a status: {status.doubt}", line)
        return status


def _parsed(text: str) -> dict[str, object] | str:
    """Answer the object a text is, or why it is none."""
    # Half a look needs no JSON; and unlike stricter readers this one takes what JavaScript
    # writes for a title that was cut inside an emoji.
    import json

    if not text.strip("\ufeff \t\r\n"):
        return "it is empty"
    try:
        known = json.loads(text.removeprefix("\ufeff"))
    except RecursionError:
        return "its JSON is nested too deeply"
    except ValueError as error:
        return f"it is no whole JSON: {error}"
    return known if isinstance(known, dict) else "it is no JSON object"


def _tags(known: dict[str, object]) -> Iterator[tuple[str, object]]:
    for tag, held in known.items():
        if isinstance(held, dict) and "tasks" in held:
            yield _text(tag)[:LONGEST_TITLE], held["tasks"]
        elif tag == "tasks" and isinstance(held, list):
            yield _DEFAULT, held


def _all_entries(known: dict[str, object]) -> Iterator[_Entry]:
    """Answer tasks and subtasks in the order of the text; what is no object is an empty one."""
    for tag, tasks in _tags(known):
        waiting = _reversed(tasks, "")
        while waiting:
            task, above = waiting.pop()
            name = _name(task, above)
            yield _Entry(known=task, tag=tag, above=above or "", name=name)
            waiting += _reversed(task.get("subtasks"), name or None)


def _reversed(tasks: object, above: str | None) -> list[tuple[dict[str, object], str | None]]:
    listed = tasks if isinstance(tasks, list) else []
    return [(each if isinstance(each, dict) else {}, above) for each in reversed(listed)]


def _name(task: dict[str, object], above: str | None) -> str:
    own = task.get("id")
    counted = isinstance(own, int | float) and not isinstance(own, bool)
    name = str(own) if counted else _text(own).strip()
    # Two subtasks of two nameless tasks may both be 1: their number says nothing.
    if not name or above is None:
        return ""
    whole = name if not above or name.startswith(f"{above}.") else f"{above}.{name}"
    # No id is that long, and it would be repeated with every subtask.
    return whole[:LONGEST_TITLE]


def _text(value: object) -> str:
    # An escape can spell half a character, which could be neither stored nor sent.
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _lines(known: dict[str, object], text: str) -> dict[int, int]:
    """Answer on which line each object's `id` stands, by the object's identity.

    None where keys and text do not agree in number: a key stands twice, or is spelled oddly.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    holders = list(_holders(known))
    places = [found.start() for found in _ID.finditer(text)]
    if len(holders) != len(places):
        return {}
    lines, line, before = {}, 1, 0
    for holder, place in zip(holders, places, strict=True):
        line += text.count("\n", before, place)
        lines[id(holder)], before = line, place
    return lines


def _holders(known: object) -> Iterator[dict[str, object]]:
    """Answer every object that has an `id`, a task or not, in the order of these keys."""
    waiting: list[tuple[dict[str, object] | None, object]] = [(None, known)]
    while waiting:
        holder, value = waiting.pop()
        if holder is not None:
            yield holder
        if isinstance(value, dict):
            held = reversed(value.items())
            waiting += [(value if key == "id" else None, each) for key, each in held]
        elif isinstance(value, list):
            waiting += [(None, each) for each in reversed(value)]
