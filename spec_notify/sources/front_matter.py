"""Tasks that are a file each, as Backlog.md keeps them: id, title and status in a `---` head.

Only as much YAML is read as such a head is written in: flat keys, scalars, and lists of scalars.
https://yaml.org/spec/1.2.2/#chapter-7-flow-style-productions
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.identity import is_id, text_key
from spec_notify.core.markdown import Page
from spec_notify.core.plain import LONGEST_CELL, shown, squeeze
from spec_notify.core.snapshot import Snapshot, Task
from spec_notify.core.status import UNKNOWN, Status, read_status

from .reading import Manner, Reading, linking

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLACE = re.compile(r"(?:^|/)backlog/(?:tasks|completed|archive)/(?:[^/]+/)*[^/]+\.md\Z")
_FENCE = "---"
_ENDS = frozenset({_FENCE, "..."})
_KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?", re.ASCII)
_CONTINUES = (" ", "\t", "-", "]")

_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\s*(?:#.*)?")
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'""")
_ENTRY = re.compile(rf"\s*+({_QUOTED.pattern}|[^,\]]*+)[^,\]]*+[,\]]")
_COMMENT = re.compile(r"(?:^|\s)#")
_ESCAPE = re.compile(r"\\(?:(?:x(..)|u(.{4})|U(.{8}))|(.))")
_NULLS = frozenset({"~", "null", "Null", "NULL"})
_MOST_ITEMS = 100
_HIGHEST = 0x10FFFF


class _Field(msgspec.Struct, frozen=True, kw_only=True):
    """A key's line, and the text beside and below it."""

    line: int
    parts: tuple[str, ...]

    def text(self) -> str:
        """Answer the value as one scalar."""
        first, *more = self.parts
        if _BLOCK.fullmatch(first):
            return squeeze(" ".join(more))
        return _scalar(" ".join(map(_uncommented, self.parts)))

    def items(self) -> tuple[str, ...]:
        """Answer the value as a list, the first 100 of it; a scalar is a list of one."""
        flow = " ".join(self.parts).strip()[:LONGEST_CELL]
        below = [part for part in self.parts[1:] if part.startswith("- ")][:_MOST_ITEMS]
        if flow.startswith("["):
            found = list(_entries(flow))
        else:
            found = [_scalar(part[2:].strip()) for part in below] or [self.text()]
        return tuple(filter(None, found))[:_MOST_ITEMS]


def claims(path: str) -> bool:
    """Say whether a path is one Backlog.md writes tasks to."""
    return _PLACE.search(path) is not None


def refuses(text: str) -> str | None:
    """Say why a text is not to be believed: a head that nothing closes is half written."""
    lines = _lines(text)
    begun = _opened(lines) and (not lines[2:] or _KEY.fullmatch(lines[1]))
    if begun and _end(lines) is None:
        return f"nothing closes the front matter it opens with: end it with a line {_FENCE}"
    return None


def read(path: str, text: str, manner: Manner) -> Snapshot:
    """Read the one task of a document; boxes in its body are criteria, not tasks."""
    head = _Head(path, _lines(text), manner)
    return Snapshot(
        document=path,
        format="front-matter" if head.fields else "none",
        tasks=tuple(head.tasks),
        notices=tuple(head.notices),
    )


class _Head(Reading):
    """The head of a document, read once."""

    def __init__(self, path: str, lines: list[str], manner: Manner) -> None:
        super().__init__(Page())
        self._aliases = manner.aliases
        self._name = path.rpartition("/")[2].removesuffix(".md")
        end = _end(lines) if _opened(lines) else None
        self.fields = _fields(lines[1:end]) if end is not None else {}
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

    def _status(self, found: list[_Field]) -> Status:
        status = read_status(found[0].text(), self._aliases)
        others = {each.text() for each in found[1:]} - {found[0].text()}
        if others:
            status = msgspec.structs.replace(
                status, canonical=UNKNOWN, doubt=f"it says “{shown(min(others))[:60]}” too"
            )
        if status.doubt:
            self.note("doubtful_status", f"not read as a status: {status.doubt}", found[0].line)
        return status

    def _owners(self) -> tuple[str, ...]:
        found = self.fields.get("assignee")
        names = (shown(each).removeprefix("@") for each in (found[0].items() if found else ()))
        return tuple(dict.fromkeys(filter(None, names)))


def _lines(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def _opened(lines: list[str]) -> bool:
    return lines[0].rstrip() == _FENCE


def _end(lines: list[str]) -> int | None:
    places = (place for place in range(1, len(lines)) if lines[place].rstrip() in _ENDS)
    return next(places, None)


def _fields(head: list[str]) -> dict[str, list[_Field]]:
    """Answer the fields of each key; one that stands twice has two."""
    found: list[tuple[str, int, list[str]]] = []
    parts: list[str] = []
    for number, line in enumerate(head, 2):
        key = _KEY.fullmatch(line)
        if key:
            parts = [(key["value"] or "").strip()]
            found.append((key["key"], number, parts))
        elif line.startswith(_CONTINUES):
            parts.append(line.strip())
        elif line.strip() and not line.startswith("#"):
            # What is none of this belongs to no key, and neither does what continues it.
            parts = []
    fields = defaultdict(list)
    for name, number, parts in found:
        fields[name].append(_Field(line=number, parts=tuple(parts)))
    return fields


def _uncommented(part: str) -> str:
    return part if part[:1] in {'"', "'"} else _COMMENT.split(part, maxsplit=1)[0].strip()


def _scalar(raw: str) -> str:
    quoted = _QUOTED.match(raw)
    if quoted is None:
        words = _uncommented(raw)
        return "" if words in _NULLS else words
    inner = quoted[0][1:-1]
    words = inner.replace("''", "'") if raw[0] == "'" else _ESCAPE.sub(_unescaped, inner)
    # An escape can spell half a character, which could be neither stored nor sent.
    return words.encode("utf-8", "replace").decode()


def _entries(flow: str) -> Iterator[str]:
    place = 1
    while found := _ENTRY.match(flow, place):
        yield _scalar(found[1].strip())
        if found[0].endswith("]"):
            return
        place = found.end()


def _unescaped(found: re.Match[str]) -> str:
    digits = found[1] or found[2] or found[3]
    if digits is None:
        return " " if found[4] in "abtnvfre0N_LP" else found[4]
    try:
        code = int(digits, 16)
    except ValueError:
        return found[0]
    return chr(code) if 0 <= code <= _HIGHEST else "\ufffd"
