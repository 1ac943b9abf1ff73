"""Commits, folders and files out of git's object database, through one process that is kept."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, NamedTuple

from .git_process import GitRefusalError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .git_process import Batch, Found, Program

_NAME = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LARGEST = 1 << 25
"""Bytes of the largest commit or folder that is read."""
_KEPT = 256
"""Folders that are remembered: the documents of a look lie side by side."""

LINK = "120000"
FOLDER, FILES = "40000", ("100644", "100755", "100664")


class File(NamedTuple):
    """What stood at a path: its mode, and its bytes unless there were too many."""

    mode: str
    body: bytes | None


class Objects:
    """Reads objects by commit and path.

    Raises GitError when git cannot be asked, GitRefusalError for what it does not have.
    """

    def __init__(self, program: Program) -> None:
        self._program = program
        self._batch: Batch | None = None
        self._folders: dict[str, bytes] = {}

    def close(self) -> None:
        """Let go of the process; the next reading starts one again."""
        if self._batch is not None:
            self._batch.close()
        self._batch = None
        self._folders.clear()

    def file(self, commit: str, path: str, *, limit: int) -> File | None:
        """Answer what stood at a path as of a commit; None for nothing, a folder or a submodule.

        More than `limit` bytes are not read. Raises GitRefusalError for a commit not in this clone.
        """
        *folders, name = os.fsencode(path).split(b"/")
        tree = self._descend(commit, folders)
        found = None if tree is None else _entry(tree, name, width=len(commit) // 2)
        if found is None or found[0] not in (LINK, *FILES):
            return None
        return File(found[0], self._need(found[1], limit).body)

    def entries(self, commit: str, folder: str) -> list[tuple[bytes, str, str]]:
        """Answer the names directly in a folder as of a commit, each with its mode and object.

        None of them where there is no such folder. Raises GitRefusalError for a commit that is
        not in this clone.
        """
        names = os.fsencode(folder).split(b"/") if folder not in {"", "."} else []
        tree = self._descend(commit, names)
        return list(_entries(tree or b"", width=len(commit) // 2))

    def blob(self, name: str, *, limit: int) -> bytes | None:
        """Answer the bytes of a file's object; None for more than `limit` of them."""
        return self._need(_full(name), limit).body

    def header(self, commit: str, field: bytes) -> list[bytes]:
        """Answer the values of one field of a commit's header, in order."""
        found = self._need(_full(commit), _LARGEST)
        head = (found.body or b"").partition(b"\n\n")[0]
        pairs = [line.partition(b" ") for line in head.split(b"\n")]
        return [value for name, _, value in pairs if name == field]

    def _descend(self, commit: str, folders: Iterable[bytes]) -> bytes | None:
        tree = self._folder(f"{_full(commit)}^{{tree}}")
        for folder in folders:
            found = _entry(tree, folder, width=len(commit) // 2)
            if found is None or found[0] != FOLDER:
                return None
            tree = self._folder(found[1])
        return tree

    def _folder(self, name: str) -> bytes:
        if name not in self._folders:
            body = self._need(name, _LARGEST).body
            if body is None:
                raise GitRefusalError("a folder there is too large to be read")
            if len(self._folders) >= _KEPT:
                self._folders.clear()
            self._folders[name] = body
        return self._folders[name]

    def _need(self, name: str, limit: int) -> Found:
        if self._batch is None or self._batch.closed:
            self._batch = self._program.batch()
        found = self._batch.find(name, limit=limit)
        if found is None:
            raise GitRefusalError("it is not in this clone")
        return found


def _full(commit: str) -> str:
    # Anything else would be git's to interpret, and could end the line it is asked on.
    if not _NAME.fullmatch(commit):
        raise GitRefusalError("that is not the full name of a commit")
    return commit


def _entry(tree: bytes, name: bytes, *, width: int) -> tuple[str, str] | None:
    """Answer the mode and object name of an entry."""
    if b" " + name + b"\0" not in tree:
        return None
    found = (each[1:] for each in _entries(tree, width=width) if each[0] == name)
    return next(found, None)


def _entries(tree: bytes, *, width: int) -> Iterator[tuple[bytes, str, str]]:
    """Answer name, mode and object name of all entries. An object name is `width` bytes."""
    start = 0
    while start < len(tree):
        stop = tree.index(b"\0", start)
        mode, _, name = tree[start:stop].partition(b" ")
        start = stop + 1 + width
        yield name, mode.decode("ascii"), tree[stop + 1 : start].hex()
