"""As much YAML as task files and their settings are written in: flat keys, scalars, lists of them.

https://yaml.org/spec/1.2.2/#chapter-7-flow-style-productions
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.plain import LONGEST_CELL, squeeze

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

KEY = re.compile(r"(?P<key>[A-Za-z_][\w-]*)[ \t]*:(?:[ \t]+(?P<value>.*))?", re.ASCII)
MOST_ITEMS = 100
"""Entries of a list that are read at most."""

_CONTINUES = (" ", "\t", "-", "]")
_BLOCK = re.compile(r"[|>][+-]?\d?[+-]?\s*(?:#.*)?")
QUOTED = r""""(?:[^"\\]|\\.)*+"|'(?:[^']|'')*+'"""
"""A quoted scalar, as a pattern."""
_QUOTED = re.compile(QUOTED)
_ENTRY = re.compile(rf"\s*+({QUOTED}|[^,\]]*+)[^,\]]*+[,\]]")
_COMMENT = re.compile(r"(?:^|\s)#")
_ESCAPE = re.compile(r"\\(?:(?:x(..)|u(.{4})|U(.{8}))|(.))")
_NULLS = frozenset({"~", "null", "Null", "NULL"})
_HIGHEST = 0x10FFFF


class Field(msgspec.Struct, frozen=True, kw_only=True):
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
        below = [part for part in self.parts[1:] if part.startswith("- ")][:MOST_ITEMS]
        if flow.startswith("["):
            found = list(_entries(flow))
        else:
            found = [_scalar(part[2:].strip()) for part in below] or [self.text()]
        return tuple(filter(None, found))[:MOST_ITEMS]


def lines(text: str) -> list[str]:
    """Answer a text's lines; a byte order mark is no text."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def fields(written: Sequence[str], *, first: int = 1) -> dict[str, list[Field]]:
    """Answer the fields of each key in lines counted from `first`; one that stands twice has two.

    What is no flat key belongs to none, and neither does what continues it.
    """
    found: list[tuple[str, int, list[str]]] = []
    parts: list[str] = []
    for number, line in enumerate(written, first):
        key = KEY.fullmatch(line)
        if key:
            parts = [(key["value"] or "").strip()]
            found.append((key["key"], number, parts))
        elif line.startswith(_CONTINUES):
            parts.append(line.strip())
        elif line.strip() and not line.startswith("#"):
            parts = []
    named = defaultdict(list)
    for name, number, texts in found:
        named[name].append(Field(line=number, parts=tuple(texts)))
    return named


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
