"""What of a page can be read in bounded time and memory."""

from __future__ import annotations

import re

from spec_notify.core.markdown import DEEPEST, read_page

from .reading import MOST_ROWS

RULER = re.compile(r"[ \t>]*\|[|: \t-]+\r?")
"""A line that may be the delimiter row of a table: header above, rows below."""

CONFLICT = "it holds merge conflict markers"
_MARKS = ("<<<<<<< ", ">>>>>>> ")

_ROW = re.compile(r"[ \t>]*(?:\||(?:[-+*]|\d{1,9}[.)])[ \t]+\[)")
_OPENERS = frozenset(" \t>-+*0123456789")
_NESTED = re.compile(r"(?:[ >]|[-+*](?= |\Z)|\d{1,9}[.)](?= |\Z)){%d}" % DEEPEST)  # noqa: UP031 - braces are the pattern's own


def conflicted(text: str) -> bool:
    """Say whether marks of a merge conflict stand in a text, be it half resolved."""
    return any(text.startswith(mark) or f"\n{mark}" in text for mark in _MARKS)


def overgrown(text: str) -> str | None:
    """Say why the tables and lists of a page cannot be read in bounds; None where they can."""
    lines = (text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text).split("\n")
    if len(lines) > MOST_ROWS and _rows(lines) > MOST_ROWS:
        return f"it has more than {MOST_ROWS:,} rows"
    suspects = (line for line in lines if line[:1] in _OPENERS)
    if any(map(_may_nest, suspects)) and read_page(text).too_deep:
        return f"its blocks are nested more than {DEEPEST} levels deep"
    return None


def _rows(lines: list[str]) -> int:
    rows = [line for line in lines if _ROW.match(line)]
    # Each table spends two of its lines on header and delimiter.
    return len(rows) - 2 * sum(RULER.fullmatch(line) is not None for line in rows)


def _may_nest(line: str) -> bool:
    return _NESTED.match(line.expandtabs(4)) is not None
