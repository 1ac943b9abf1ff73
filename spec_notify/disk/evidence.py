"""Sealed records become files: whole, in order, under the cap, and nowhere else.

Contract, section 9. A record that cannot be written stays in the spool and is written later.
"""

from __future__ import annotations

import errno
import hashlib
import os
from pathlib import PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING

from spec_notify.core.evidence import directory, parse_name
from spec_notify.core.rotation import ANCHOR_ROOM

from .atomic import open_folder, read_below, replace_atomically
from .audit import audit, verify
from .eviction import Eviction
from .shelf import SharedShelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.core.rotation import Shelf
    from spec_notify.ports import Record

__all__ = ["EvidenceFolder", "audit", "default_root", "verify"]

DEFAULT_ROOT = "evidence"
TREE_ROOT = "docs/SPEC-OPS-004-integrated-coder-hooks/evidence"
_BUSY = "another process holds its lock; the record is written later"
_PATIENCE = 1.0
"""Seconds to wait for another process's write; a stopped one must not hold up deliveries."""
_IN_THE_WAY = frozenset((errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST))


def default_root(repo: Path) -> str:
    """Answer the evidence root of a repository whose config names none (contract, section 6)."""
    return TREE_ROOT if (repo / TREE_ROOT).is_dir() else DEFAULT_ROOT


class EvidenceFolder:
    """The evidence of one checkout; any number of threads and processes may write at once."""

    def __init__(
        self,
        root: Path,
        evidence_root: str,
        *,
        cap: int,
        state: Path,
        warn: Callable[[str], None],
    ) -> None:
        self._root = root
        self._evidence_root = str(PurePosixPath(evidence_root))
        self._cap = cap
        self._locks = state / "evidence"
        self._warn = warn
        self._shelves: dict[str, SharedShelf] = {}
        self._refused: dict[str, str] = {}
        self._unsynced: set[str] = set()
        self._lasting: set[str] = set()
        self._one_at_a_time = Lock()

    def write(self, record: Record) -> str | None:
        """Write a record under the cap; answer its repository-relative path.

        The file's bytes are synced, its name is once `sync` returns. A file that already stands
        with these bytes is fine. None when it cannot be written now; the reason is warned of
        once, until a write in that directory succeeds.
        """
        place = directory(self._evidence_root, record.spec)
        with self._one_at_a_time:
            try:
                refusal = self._write(place, record)
            except OSError as error:
                refusal = _why(error)
            if refusal is not None:
                self._refuse(place, refusal)
                return None
            self._refused.pop(place, None)
        return place + record.name

    def sync(self) -> bool:
        """Make every name written so far survive a power loss; False when the disk refuses."""
        lasting = True
        with self._one_at_a_time:
            while self._unsynced:
                place = self._unsynced.pop()
                try:
                    self._sync_place(_parts(place))
                except OSError as error:
                    self._refuse(place, _why(error))
                    lasting = False
        return lasting

    def _sync_place(self, parts: list[str]) -> None:
        """Sync a folder; the first time the way to it too: who made it may have died before."""
        place = "/".join(parts)
        above = range(0 if place not in self._lasting else len(parts), len(parts))
        for depth in (*above, len(parts)):
            _sync_folder(self._root, parts[:depth])
        self._lasting.add(place)

    def _write(self, place: str, record: Record) -> str | None:
        if parse_name(record.name) is None:
            return f"{record.name!r} is no name of an evidence record"
        if not _inside(self._evidence_root):
            return "[evidence] root must be a folder inside the repository"
        folder = open_folder(self._root, _parts(place), create=True)
        try:
            shelf = self._shelf(place)
            with shelf.held(folder, patience=self._patience(place)) as files:
                if files is None:
                    return _BUSY
                return self._put(place, folder, shelf, files, record)
        finally:
            os.close(folder)

    def _put(
        self, place: str, folder: int, shelf: SharedShelf, files: Shelf, record: Record
    ) -> str | None:
        size = len(record.body)
        if files.size(record.name) == size and _same(folder, record):
            return None
        plan = files.plan(size + ANCHOR_ROOM, self._cap)
        if not plan.fits:
            return self._too_much(files, size)
        with shelf.changing():
            if plan.victims and not Eviction(folder, shelf, files, self._cap).make_room(size):
                return self._too_much(files, size)
            replace_atomically(folder, record.name, record.body)
            shelf.put(record.name, size)
        self._unsynced.add(place)
        return None

    def _too_much(self, files: Shelf, size: int) -> str:
        if size + ANCHOR_ROOM > self._cap:
            return f"a record is larger than cap_bytes = {self._cap} allows"
        foreign = files.total - files.records
        return (
            f"files that are not ours hold {foreign} of cap_bytes = {self._cap}; "
            "writing there pauses until they are moved away"
        )

    def _shelf(self, place: str) -> SharedShelf:
        if place not in self._shelves:
            self._locks.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = hashlib.sha256(f"{self._root.resolve()}\0{place}".encode()).hexdigest()
            self._shelves[place] = SharedShelf(self._locks / f"{key[:32]}.lock")
        return self._shelves[place]

    def _patience(self, place: str) -> float:
        # Whoever did not let go in time is not waited for again until he has.
        return 0.0 if self._refused.get(place) == _BUSY else _PATIENCE

    def _refuse(self, place: str, refusal: str) -> None:
        if self._refused.get(place) != refusal:
            self._refused[place] = refusal
            self._warn(f"evidence in {place} cannot be written: {refusal}")


def _same(folder: int, record: Record) -> bool:
    return read_below(folder, record.name, limit=len(record.body)) == record.body


def _sync_folder(root: Path, parts: list[str]) -> None:
    folder = open_folder(root, parts, create=False)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _why(error: OSError) -> str:
    if error.errno in _IN_THE_WAY:
        return "a symbolic link or a file stands where a folder should be; move it away"
    return error.strerror or str(error)


def _parts(place: str) -> list[str]:
    return [part for part in place.split("/") if part]


def _inside(root: str) -> bool:
    return not root.startswith("/") and "\0" not in root and ".." not in root.split("/")
