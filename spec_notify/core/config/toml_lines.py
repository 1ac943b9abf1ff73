"""Where each key of a TOML text stands, so that a mistake can be shown with its line.

The grammar is TOML 1.0's; only texts the standard library could read are ever asked about.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

KeyPath: TypeAlias = tuple[str | int, ...]
"""Keys from the root; the tables of an array are counted from 0."""

_WORD = re.compile(
    r"""
    "{3}(?:[^"\\]|\\.|"(?!""))*+"{3,5}
    | '{3}(?:[^']|'(?!''))*+'{3,5}
    | "(?:[^"\\\n]|\\.)*+"
    | '[^'\n]*+'
    | \#[^\n]*+
    | \n
    | [\[\]{}=,.]
    | [^\s\[\]{}=,."'\#]++
    """,
    re.VERBOSE | re.DOTALL,
)

_MARKS = frozenset("[].")


def key_lines(text: str) -> dict[KeyPath, int]:
    """Answer the line, from 1, on which each table and key is first written.

    Keys inside inline tables are left out: `line_of` answers the line of what holds them.
    """
    lines: dict[KeyPath, int] = {}
    rows: dict[KeyPath, int] = {}
    table: KeyPath = ()
    for line, words in _statements(text):
        if words[0] == "[":
            keys = [word for word in words if word not in _MARKS]
            table = _indexed((), keys, rows, opens=words[:2] == ["[", "["])
            _note(lines, table, line)
        elif "=" in words:
            keys = [word for word in words[: words.index("=")] if word != "."]
            _note(lines, _indexed(table, keys, rows, opens=False), line)
    return lines


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int | None:
    """Answer the line of a key, else of the nearest table around it; None when none is known."""
    return next((lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in lines), None)


def _statements(text: str) -> Iterator[tuple[int, list[str]]]:
    line, depth, started = 1, 0, 1
    words: list[str] = []
    for found in _WORD.finditer(text):
        word = found[0]
        if word == "\n" and depth <= 0:
            if words:
                yield started, words
            words, depth = [], 0
        elif word != "\n" and not word.startswith("#"):
            started = started if words else line
            words.append(word)
            depth += (word in "[{") - (word in "]}")
        line += word.count("\n")
    if words:
        yield started, words


def _indexed(table: KeyPath, keys: list[str], rows: dict[KeyPath, int], *, opens: bool) -> KeyPath:
    path = table
    for position, key in enumerate(keys, 1):
        path = (*path, _plain(key))
        if opens and position == len(keys):
            rows[path] = rows.get(path, -1) + 1
        if path in rows:
            path = (*path, rows[path])
    return path


def _plain(key: str) -> str:
    if key[0] == '"' and "\\" in key:
        return str(tomllib.loads(f"key = {key}")["key"])
    return key[1:-1] if key[0] in "\"'" else key


def _note(lines: dict[KeyPath, int], path: KeyPath, line: int) -> None:
    for end in range(1, len(path) + 1):
        lines.setdefault(path[:end], line)
