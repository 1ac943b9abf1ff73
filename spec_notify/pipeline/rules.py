"""How documents are read here: the config's words for it, and a stamp that tells it changed.

Contract, section 4: `format` and `[statuses]`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from spec_notify.sources.document import beside, read_document, unreadable

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Snapshot
    from spec_notify.ports import Text

READER = 1
"""Raised by a release that reads the same text as other tasks or statuses than the one before."""


class Rules:
    """Reads documents as a config says."""

    def __init__(self, config: Config) -> None:
        self._aliases = config.statuses
        self._format = config.format
        self._stamp = _stamp(READER, config.format or "auto", sorted(config.statuses.items()))

    def stamp(self, text: Text) -> str:
        """Equal for all that is read alike; snapshots of other rules are not compared."""
        return _stamp(self._stamp, sorted(text.beside.items())) if text.beside else self._stamp

    def beside(self, path: str) -> tuple[str, ...]:
        """Answer which neighbours of a document say how it is read; they need not exist."""
        return beside(path, format=self._format)

    def refusal(self, path: str, text: Text) -> str | None:
        """Say why a document is not to be read as it stands; None for any other."""
        return unreadable(path, text.text, format=self._format)

    def read(self, path: str, text: Text) -> Snapshot:
        """Read a document's tasks; any text is readable."""
        return read_document(
            path, text.text, aliases=self._aliases, format=self._format, beside=text.beside
        )


def _stamp(*facts: object) -> str:
    return hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
