"""How documents are read here: the config's words for it, and a stamp that tells it changed.

Contract, section 4: `format` and `[statuses]`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.globs import matches
from spec_notify.pipeline.trees import is_tree
from spec_notify.sources.document import beside, read_document, unreadable
from spec_notify.sources.memory import Memory
from spec_notify.sources.reading import Manner

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.ports import Text
    from spec_notify.sources.explaining import Explanation

READER = 1
"""Raised by a release that reads the same text as other tasks or statuses than the one before."""


class Rules:
    """Reads documents as a config says."""

    def __init__(self, config: Config, memory: Memory | None = None) -> None:
        self._aliases = config.statuses
        self._format = config.format
        self._by_section = config.status_by_section
        self._memory = memory or Memory()
        self._stamp = _stamp(READER, config.format or "auto", sorted(config.statuses.items()))

    def stamp(self, path: str, text: Text) -> str:
        """Equal for all that is read alike; snapshots of other rules are not compared."""
        if is_tree(path):
            # No word of the config says how a tree is read.
            return _stamp(READER)
        facts: list[object] = [sorted(text.beside.items())] if text.beside else []
        facts += ["by section"] if self._says_by_section(path) else []
        return _stamp(self._stamp, *facts) if facts else self._stamp

    def beside(self, path: str) -> tuple[str, ...]:
        """Answer which neighbours of a document say how it is read; they need not exist."""
        return beside(path, format=self._format)

    def refusal(self, path: str, text: Text) -> str | None:
        """Say why a document is not to be read as it stands; None for any other."""
        return unreadable(path, text.text, format=self._format)

    def read(self, path: str, text: Text) -> Snapshot:
        """Read a document's tasks; any text is readable."""
        return read_document(
            path,
            text.text,
            aliases=self._aliases,
            format=self._format,
            by_section=self._says_by_section(path),
            beside=text.beside,
            memory=self._memory,
        )

    def explain(self, path: str, text: Text) -> Explanation:
        """Say how `read` reads a document, and why so."""
        # Looks, which come here at every commit, do not pay for it.
        from spec_notify.sources.explaining import explain

        manner = Manner(
            aliases=self._aliases, by_section=self._says_by_section(path), beside=text.beside
        )
        return explain(path, text.text, manner, format=self._format)

    def _says_by_section(self, path: str) -> bool:
        return any(matches(path, glob) for glob in self._by_section)


def _stamp(*facts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
