"""Files that leave by hand: one per delivery, whole or not at all, and only where they may."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .atomic import open_folder, replace_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KEEP_OUT = ".git"


class Outbox:
    """Writes files below a repository, or into an absolute folder that already exists.

    `keep_out` answers the folders that are nobody's outbox: evidence and our own state.
    """

    def __init__(self, root: Path, *, keep_out: Callable[[], Sequence[Path]]) -> None:
        self._root = root
        self._keep_out = keep_out

    def put(self, folder: str, name: str, body: bytes) -> str | None:
        """Put a file in place so that it survives a power loss; answer why it never may stand.

        A folder below the repository is made where it is missing, and no link on the way to it
        is followed. An absolute one is not made: what is not mounted must not be written to the
        disk beneath it. Raises OSError.
        """
        why = self._refusal(folder, name)
        if why is not None:
            return why
        below = open_folder(*self._place(folder), create=not folder.startswith("/"))
        try:
            # Whoever outlived his deadline or his lease may still be writing the same name.
            fcntl.flock(below, fcntl.LOCK_EX | fcntl.LOCK_NB)
            replace_atomically(below, name, body)
            os.fsync(below)
        finally:
            os.close(below)
        return None

    def _place(self, folder: str) -> tuple[Path, list[str]]:
        if folder.startswith("/"):
            return Path(folder), []
        return self._root, [part for part in folder.split("/") if part not in {"", "."}]

    def _refusal(self, folder: str, name: str) -> str | None:
        parts = folder.split("/")
        if not folder or "\0" in folder or ".." in parts:
            return "the folder's path holds .. or nothing: write it plainly"
        if not name or "/" in name or name.startswith("."):
            return "this is no name of a file for an outbox"
        place = (self._root / folder).resolve()
        if any(part.casefold() == KEEP_OUT for part in place.parts):
            return "the folder is inside .git: choose another"
        if any(place.is_relative_to(each.resolve()) for each in self._keep_out()):
            return "the folder holds evidence or state of ours: choose another"
        return None
