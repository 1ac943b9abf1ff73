"""How documents are read here: the config's words for it, and a stamp that tells it changed.

Contract, section 4: `format` and `[statuses]`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import msgspec

from spec_notify.sources.document import read_document, unreadable

if TYPE_CHECKING:
    from spec_notify.core.config import Config
    from spec_notify.core.snapshot import Snapshot

READER = 1
"""Raised by a release that reads the same text as other tasks or statuses than the one before."""


class Rules:
    """Reads documents as a config says."""

    def __init__(self, config: Config) -> None:
        self._aliases = config.statuses
        self._format = config.format
        facts = (READER, config.format or "auto", sorted(config.statuses.items()))
        self.stamp = hashlib.sha256(msgspec.json.encode(facts)).hexdigest()[:16]
        """Equal for all that read alike; snapshots of other rules are not compared."""

    def refusal(self, path: str, text: str) -> str | None:
        """Say why a document is not to be read as it stands; None for any other."""
        return unreadable(path, text, format=self._format)

    def read(self, path: str, text: str) -> Snapshot:
        """Read a document's tasks; any text is readable."""
        return read_document(path, text, aliases=self._aliases, format=self._format)
