"""Room for the next record: the oldest leave, and an anchor tells what they were.

Contract, section 9: rotation leaves an anchor, so that what still stands can be proven.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from spec_notify.core.chain import Anchor, Link, anchor_body, anchor_name, read_anchor, read_link
from spec_notify.core.rotation import ANCHOR_ROOM

from .atomic import read_below, replace_atomically

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from spec_notify.core.rotation import Shelf

    from .shelf import SharedShelf

RECORD_LIMIT = 1_048_576
"""Bytes of the largest file that is read as a record."""
_SLACK = 100
"""One part in so many of the cap is freed beyond need, so that few writes have to evict."""


class Eviction:
    """Makes room in one held directory, leaving an anchor before what it explains is deleted."""

    def __init__(self, folder: int, shelf: SharedShelf, files: Shelf, cap: int) -> None:
        self._folder = folder
        self._shelf = shelf
        self._files = files
        self._cap = cap
        self._owed: dict[str, Anchor] = {}

    def make_room(self, incoming: int) -> bool:
        """Delete the oldest records until `incoming` bytes fit; False when they never will."""
        while True:
            needed = incoming + ANCHOR_ROOM * (1 + len(self._owed))
            plan = self._files.plan(needed, self._cap, slack=self._cap // _SLACK)
            if not plan.victims:
                self._settle()
                return plan.fits
            self._evict(plan.victims)

    def _evict(self, victims: Iterable[str]) -> None:
        for writer, names, anchor in _by_writer(self._folder, victims):
            if anchor is not None:
                self._owed[writer] = anchor
                self._settle()
            for name in names:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=self._folder)
                self._shelf.drop(name)

    def _settle(self) -> None:
        """Write the anchors owed, as far as they fit: a foreign file may have taken the room."""
        for writer, anchor in list(self._owed.items()):
            name, body = anchor_name(writer), anchor_body(anchor)
            if name is None or _stands_already(self._folder, name, anchor):
                del self._owed[writer]
            elif self._files.total + len(body) <= self._cap:
                replace_atomically(self._folder, name, body)
                self._shelf.put(name, len(body))
                del self._owed[writer]


def _by_writer(
    folder: int, victims: Iterable[str]
) -> Iterator[tuple[str, list[str], Anchor | None]]:
    """Group victims by writer, each group with the anchor that explains it."""
    groups: dict[str, list[str]] = {}
    newest: dict[str, Link] = {}
    for name in victims:
        body = read_below(folder, name, limit=RECORD_LIMIT)
        link = None if body is None else read_link(name, body)
        writer = link.writer if link else ""
        groups.setdefault(writer, []).append(name)
        if link and (writer not in newest or newest[writer].sequence < link.sequence):
            newest[writer] = link
    for writer, names in groups.items():
        last = newest.get(writer)
        told = Anchor(writer=writer, sequence=last.sequence, digest=last.digest) if last else None
        yield writer, names, told


def _stands_already(folder: int, name: str, anchor: Anchor) -> bool:
    body = read_below(folder, name, limit=RECORD_LIMIT)
    known = None if body is None else read_anchor(name, body)
    return known is not None and known.sequence >= anchor.sequence
