"""Tasks as list items that open with a box: spec-kit, OpenSpec, Kiro and plain lists."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from spec_notify.core.identity import opening_id, text_key
from spec_notify.core.plain import shown, squeeze, visible
from spec_notify.core.snapshot import Task
from spec_notify.core.status import BACKLOG, IN_PROGRESS, UNKNOWN, Status, vocabulary

from .reading import Manner, Reading, linking

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from spec_notify.core.markdown import Item, Page

_BOX = re.compile(r"(?P<box>\[(?P<mark>[^\[\]]{0,3})\]\*?)(?=\s|$)(?P<text>.*)", re.DOTALL)
_MARK = re.compile(r"\[.\]")
# What spec-kit writes between id and words says how to go about a task, and changes.
_TAGS = re.compile(r"(?:\[(?:P|US-?\d{1,4}|Story(?::[^\[\]]{0,40})?)\](?:\s+|$))+")
KIRO, PLAIN = "kiro", "plain"
_DIALECTS = {
    KIRO: re.compile(r"(?:^|/)\.kiro/"),
    "openspec": re.compile(r"(?:^|/)openspec/changes/"),
    "spec-kit": re.compile(r"(?:^|/)specs/[^/]+/tasks\.md\Z"),
}
# In Kiro a queued task has not been started.
_KIRO_MARKS = {"[-]": IN_PROGRESS, "[~]": BACKLOG}


def dialect(path: str) -> str:
    """Answer in whose dialect the boxes of a path are read: kiro, openspec, spec-kit or plain."""
    return next((name for name, place in _DIALECTS.items() if place.search(path)), PLAIN)


def marks(path: str, aliases: Mapping[str, str] = {}) -> dict[str, str]:
    """Answer what each mark of a path's boxes means; any other is Unknown."""
    known = _known(dialect(path), aliases)
    return {mark: status for mark, status in known.items() if _MARK.fullmatch(mark)}


def _known(dialect: str, aliases: Mapping[str, str]) -> dict[str, str]:
    return {**(_KIRO_MARKS if dialect == KIRO else {}), **vocabulary(aliases)}


class CheckboxReading(Reading):
    """The boxes of a page, read once in the dialect of its path.

    A mark that no dialect knows is Unknown: its task is not done and not dropped.
    """

    def __init__(self, path: str, page: Page, manner: Manner) -> None:
        super().__init__(page)
        self._kiro = dialect(path) == KIRO
        self._marks = _known(dialect(path), manner.aliases)
        self.tasks = [task for item in page.items for task in self._task(item)]

    def _task(self, item: Item) -> Iterator[Task]:
        box = _BOX.match(item.text)
        mark = box["mark"].strip().removesuffix("\ufe0f") if box else ""
        if box is None or len(mark) > 1:
            return
        raw = _untagged(box["text"].strip())
        words = squeeze(self.plain(raw))
        if not shown(words):
            return
        opening = opening_id(raw, words=words, numbered=self._kiro)
        id_ = opening.id if opening else None
        title = _untagged(squeeze(opening.rest)) or opening.id if opening else words
        key = id_ or text_key(words, item.heading)
        yield Task(
            key=key,
            id=id_,
            title=self.title(title, item.line) or key,
            status=self._status(mark, box["box"], item.line),
            line=item.line,
            section=self.section(item.heading),
            mentions=("", "", linking(raw)) if linking(raw) else (),
            boxed=True,
        )

    def _status(self, mark: str, raw: str, line: int) -> Status:
        # Lower-casing must not make an ASCII letter of any other.
        box = f"[{(mark.lower() if mark.isascii() else mark) or ' '}]"
        canonical = self._marks.get(box, UNKNOWN)
        text = visible(box)
        if canonical == UNKNOWN:
            self.note("unknown_mark", f"{text} is no known mark: the task counts as open", line)
        return Status(canonical=canonical, text=text, raw=raw)


def _untagged(text: str) -> str:
    """Leave out the tags a text opens with, unless it has no other words."""
    return text[found.end() :] or text if (found := _TAGS.match(text)) else text
