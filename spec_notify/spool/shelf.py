"""The documents this process has already read from the spool, so that it need not read them again.

A look asks for every remembered document; a watcher looks often, and little changes in between.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .rows import read_document

if TYPE_CHECKING:
    from collections.abc import Iterator

    from spec_notify.ports import StoredDocument

    from .connection import Database

Stamp = tuple[int, int]
"""Row and revision: with the path, they name one saved value for ever."""


class Shelf:
    """Documents by path, each with the stamp it was read under."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Stamp, StoredDocument]] = {}

    def get(self, path: str, stamp: Stamp) -> StoredDocument | None:
        """Answer a document as of a stamp; None when that one was not read here."""
        known = self._known.get(path)
        return known[1] if known is not None and known[0] == stamp else None

    def put(self, path: str, stamp: Stamp, document: StoredDocument) -> None:
        """Keep a document as of a stamp that is committed."""
        self._known[path] = (stamp, document)

    def read(self, database: Database, path: str) -> StoredDocument | None:
        """Answer a document as it stands in the database."""
        row = database.row("document_stamp", path=path)
        if row is None:
            return None
        known = self.get(path, (row[0], row[1]))
        return known if known is not None else self._fetch(database, path)

    def all(self, database: Database) -> Documents:
        """Answer all documents as they stand; what is not known here is fetched, not yet parsed."""
        found: dict[str, StoredDocument | tuple[Stamp, bytes]] = {}
        for path, seq, revision in database.rows("documents"):
            known = self.get(path, (seq, revision))
            if known is not None:
                found[path] = known
            elif row := database.row("document", path=path):
                found[path] = ((row[0], row[1]), row[2])
        for gone in self._known.keys() - found.keys():
            del self._known[gone]
        return Documents(database, self, found)

    def _fetch(self, database: Database, path: str) -> StoredDocument | None:
        row = database.row("document", path=path)
        return None if row is None else read_document(row[2])


class Documents(Mapping[str, "StoredDocument"]):
    """Remembered documents as they stood at one moment, each parsed when it is asked for."""

    def __init__(
        self,
        database: Database,
        shelf: Shelf,
        found: dict[str, StoredDocument | tuple[Stamp, bytes]],
    ) -> None:
        self._database = database
        self._shelf = shelf
        self._found = found

    def __getitem__(self, path: str) -> StoredDocument:
        found = self._found[path]
        if isinstance(found, tuple):
            stamp, body = found
            with self._database.reading():
                found = self._found[path] = read_document(body)
                self._shelf.put(path, stamp, found)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)
