"""What every reader of a page needs: the plain words of a cell, and a place for notices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.plain import LONGEST_CELL, LONGEST_TITLE, hides, plain, shown
from spec_notify.core.snapshot import Notice

from .memory import Memory

if TYPE_CHECKING:
    from spec_notify.core.markdown import Page

MOST_ROWS = 10_000
"""Tasks of one document that are read at most."""


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a document is to be read, as a config and the files beside it say."""

    aliases: Mapping[str, str] = {}
    """Status word → canonical status, before the vocabulary."""
    by_section: bool = False
    """A heading says the status of the rows below it."""
    beside: Mapping[str, str] = {}
    """Path → text of its neighbours, as far as they exist."""
    memory: Memory | None = None
    """What was read before: it changes no answer, only the time it takes."""


class Reading:
    """One pass over a page; `notices` fill up on the way."""

    def __init__(self, page: Page) -> None:
        self.notices: list[Notice] = []
        self._page = page

    def plain(self, cell: str) -> str:
        """Answer the words of a cell, links of the page resolved."""
        return plain(cell, self._page.references)

    def title(self, words: str, line: int) -> str:
        """Answer squeezed words as they may be shown, and say so if that leaves something out."""
        if words.isascii() and words.isprintable():
            return words[:LONGEST_TITLE]
        if hides(words):
            self.note("sanitized", "invisible characters were left out of this title", line)
        return shown(words)

    def section(self, heading: str | None) -> str | None:
        """Answer a heading as it may be shown."""
        return shown(heading) if heading else None

    def note(self, code: str, message: str, line: int | None) -> None:
        """Remember something a user may want to know."""
        self.notices.append(Notice(code=code, message=message, line=line))


def links(text: str) -> bool:
    """Say whether a text holds what a SPEC id may be read from."""
    return "SPEC-" in text or "docs/" in text or "evidence/" in text


def linking(cell: str) -> str:
    """Answer a cell a SPEC id may be read from; any other as empty, to keep snapshots small."""
    return cell[:LONGEST_CELL] if links(cell) else ""
