"""Documents as they stood in commits, each content read once while it is remembered."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.snapshot import Snapshot
from spec_notify.ports import Blob, Text, Unreadable

if TYPE_CHECKING:
    from spec_notify.pipeline.rules import Rules
    from spec_notify.ports import Log

_ROOM = 8 * 1024 * 1024
"""Characters of documents whose tasks are remembered; beyond it the longest unused go."""

_Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Edition(msgspec.Struct, frozen=True, kw_only=True):
    """A document as it stood in a commit."""

    path: str
    blob: Blob
    digest: str
    size: int
    """Characters of its text."""
    snapshot: Snapshot


class Editions:
    """Reads what stood at a path in the manner of one commit: by its neighbours there.

    Two editions read in one manner differ in what they say and not in how they are read. Raises
    UnansweredError when git could not be asked.
    """

    def __init__(self, log: Log, rules: Rules) -> None:
        self._log = log
        self._rules = rules
        self._known: OrderedDict[_Key, Edition | Unreadable] = OrderedDict()
        self._size = 0
        self._commit: str | None = None
        self._neighbours: dict[str, str | None] = {}

    def read(self, commit: str, path: str, blob: Blob) -> Edition | Unreadable:
        """Read a document, or say why it is not to be read."""
        beside = self._beside(commit, path)
        key = (f"{blob.mode} {blob.name}", path, tuple(sorted(beside.items())))
        if key in self._known:
            self._known.move_to_end(key)
            return self._known[key]
        edition = self._read(path, blob, beside)
        self._known[key] = edition
        self._size += _size(edition)
        while self._size > _ROOM and len(self._known) > 1:
            self._size -= _size(self._known.popitem(last=False)[1])
        return edition

    def as_of(self, commit: str, path: str) -> Snapshot | None:
        """Answer the tasks of a document as of a commit; None where none can be read."""
        text = self._log.read(commit, path)
        if not isinstance(text, Text) or self._rules.refusal(path, text):
            return None
        return self._rules.read(path, self._with(text, self._beside(commit, path)))

    def _read(self, path: str, blob: Blob, beside: dict[str, str]) -> Edition | Unreadable:
        text = self._log.content(blob, path)
        if isinstance(text, Unreadable):
            return text
        text = self._with(text, beside)
        try:
            why = self._rules.refusal(path, text)
            snapshot = Snapshot(document=path, format="none")
            if why is None:
                snapshot = self._rules.read(path, text)
        except (ValueError, RecursionError) as error:
            why = f"it cannot be read: {error}"
        if why is not None:
            return Unreadable(path=path, why=why)
        return Edition(
            path=path, blob=blob, digest=text.digest, size=len(text.text), snapshot=snapshot
        )

    def _with(self, text: Text, beside: dict[str, str]) -> Text:
        return msgspec.structs.replace(text, beside=beside)

    def _beside(self, commit: str, path: str) -> dict[str, str]:
        if commit != self._commit:
            self._commit = commit
            self._neighbours.clear()
        found = {name: self._neighbour(commit, name) for name in self._rules.beside(path)}
        return {name: text for name, text in found.items() if text is not None}

    def _neighbour(self, commit: str, name: str) -> str | None:
        if name not in self._neighbours:
            text = self._log.read(commit, name)
            self._neighbours[name] = text.text if isinstance(text, Text) else None
        return self._neighbours[name]


def _size(edition: Edition | Unreadable) -> int:
    # Even what cannot be read takes the room of its name.
    return edition.size if isinstance(edition, Edition) else 200
