"""Tasks that are a file each, as Backlog.md keeps them: id, title and status in a `---` head.

What its status words mean, the project's own settings say beside us (`backlog_config`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.identity import is_id, text_key
from spec_notify.core.markdown import Page
from spec_notify.core.plain import LONGEST_CELL, normalised, shown, squeeze
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import UNKNOWN, Status, read_status

from . import backlog_config
from .flat_yaml import KEY, Field, fields, lines
from .reading import Manner, Reading, linking

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"(?:^|/)\.?backlog/(?:tasks|completed|archive)/(?:[^/]+/)*[^/]+\.md\Z")
_FENCE = "---"
_ENDS = frozenset({_FENCE, "..."})


def claims(path: str) -> bool:
    """Say whether a path is one Backlog.md writes tasks to."""
    return _PLACE.search(path) is not None


def beside(path: str) -> tuple[str, ...]:
    """Answer where the settings of a task's project may stand."""
    return backlog_config.places(path)


def refuses(text: str) -> str | None:
    """Say why a text is not to be believed: a head that nothing closes is half written."""
    written = lines(text)
    begun = _opened(written) and (not written[2:] or KEY.fullmatch(written[1]))
    if begun and _end(written) is None:
        return f"nothing closes the front matter it opens with: end it with a line {_FENCE}"
    return None


def read(path: str, text: str, manner: Manner) -> Snapshot:
    """Read the one task of a document; boxes in its body are criteria, not tasks."""
    head = _Head(path, lines(text), manner)
    return Snapshot(
        document=path,
        format="front-matter" if head.fields else "none",
        tasks=tuple(head.tasks),
        notices=tuple(head.notices),
    )


class _Head(Reading):
    """The head of a document, read once."""

    def __init__(self, path: str, written: list[str], manner: Manner) -> None:
        super().__init__(Page())
        self._own = backlog_config.own_statuses(path, manner.beside, manner.aliases)
        self._aliases = {**self._own.words, **manner.aliases}
        self._name = path.rpartition("/")[2].removesuffix(".md")
        end = _end(written) if _opened(written) else None
        self.fields = fields(written[1:end], first=2) if end is not None else {}
        self.tasks = list(self._tasks())

    def _tasks(self) -> Iterator[Task]:
        if not self.fields:
            self.note("no_front_matter", "no front matter opens it, so it has no status", 1)
            return
        line = self._line("status")
        if not self._text("status"):
            self.note("no_status", "its front matter states no status", line)
            return
        name, words = shown(self._text("id")), squeeze(self._text("title"))
        key, id_ = self._identity(name, words)
        yield Task(
            key=key,
            id=id_,
            title=self.title(words, self._line("title")) or name or shown(self._name) or key,
            status=self._status(self.fields["status"]),
            line=line,
            owners=self._owners(),
            mentions=("", "", linking(words)) if linking(words) else (),
        )

    def _line(self, key: str) -> int:
        found = self.fields.get(key)
        return found[0].line if found else 1

    def _text(self, key: str) -> str:
        found = self.fields.get(key)
        return found[0].text()[:LONGEST_CELL] if found else ""

    def _identity(self, name: str, words: str) -> tuple[str, str | None]:
        if is_id(name):
            return name, name
        if name:
            message = f"“{name[:60]}” is no id: letters, digits, . _ - only"
            self.note("unsafe_id", message, self._line("id"))
        return text_key(f"{name} {words}".strip() or self._name, None), None

    def _status(self, found: list[Field]) -> Status:
        status = read_status(found[0].text(), self._aliases)
        others = {each.text() for each in found[1:]} - {found[0].text()}
        if others:
            status = msgspec.structs.replace(
                status, canonical=UNKNOWN, doubt=f"it says “{shown(min(others))[:60]}” too"
            )
        if self._own.fault and (status.canonical == UNKNOWN or self._is_last(status)):
            self.note("backlog_config", self._own.fault, found[0].line)
        if status.doubt:
            self.note("doubtful_status", f"not read as a status: {status.doubt}", found[0].line)
        return status

    def _is_last(self, status: Status) -> bool:
        return normalised(status.raw) == normalised("".join(self._own.listed[-1:]))

    def _owners(self) -> tuple[str, ...]:
        found = self.fields.get("assignee")
        names = (shown(each).removeprefix("@") for each in (found[0].items() if found else ()))
        return tuple(dict.fromkeys(filter(None, names)))


def _opened(written: list[str]) -> bool:
    return written[0].rstrip() == _FENCE


def _end(written: list[str]) -> int | None:
    places = (place for place in range(1, len(written)) if written[place].rstrip() in _ENDS)
    return next(places, None)
