"""Finding documents: only folders a pattern can reach are looked into."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.globs import ACROSS, excluded, fits, parts
from spec_notify.core.snapshot import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from spec_notify.core.globs import Part

MOST = 1_000
"""Documents that are watched at most (reliability, T7)."""


_FILE, _FOLDER, _LINKED = "file", "folder", "a link to a folder"


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """What patterns found: documents and folders, repository-relative and sorted, and notices.

    A document may be anything but a folder: whether it can be read shows when it is.
    """

    documents: tuple[str, ...]
    folders: tuple[str, ...]
    notices: tuple[Notice, ...]


class Walk:
    """One walk below a folder; each folder is read once however many patterns reach it."""

    def __init__(self, root: Path, most: int) -> None:
        self._root = root
        self._most = most
        self._read: dict[str, list[tuple[str, str]]] = {}
        self._documents: set[str] = set()
        self._folders = {"."}
        self._notices: dict[str, Notice] = {}

    def take(self, globs: Sequence[str]) -> Listing:
        """Answer what these patterns find; where there is too much, earlier patterns come first."""
        for glob in globs:
            if wanted := parts(glob):
                self._expand("", wanted, glob)
            else:
                self._notice("bad_glob", glob, f"{glob!r} matches nothing: name files, inside here")
        return Listing(
            documents=tuple(sorted(self._documents)),
            folders=tuple(sorted(self._folders)),
            notices=tuple(self._notices.values()),
        )

    def _expand(self, folder: str, wanted: tuple[Part, ...], glob: str) -> None:
        self._folders.add(folder.rstrip("/") or ".")
        part, rest = wanted[0], wanted[1:]
        if not rest:
            self._add(folder, part, glob)
        elif part is ACROSS:
            self._expand(folder, rest, glob)
            self._descend(folder, part, wanted, glob)
        else:
            self._descend(folder, part, rest, glob)

    def _add(self, folder: str, part: Part, glob: str) -> None:
        for name, kind in self._entries(folder, part):
            if kind != _FILE or not fits(name, part) or excluded(name, glob):
                continue
            if len(self._documents) < self._most:
                self._documents.add(folder + name)
            elif folder + name not in self._documents:
                words = f"more than {self._most:,} documents match: the others are not watched"
                self._notice("too_many", "", words)

    def _descend(self, folder: str, part: Part, wanted: tuple[Part, ...], glob: str) -> None:
        for name, kind in self._entries(folder, part):
            if kind == _FILE or not fits(name, part) or excluded(name, glob):
                continue
            if kind == _FOLDER and self._is_checkout(folder + name):
                # Its branches and commits are not ours: a switch in it would be taken for an edit.
                words = f"{folder}{name} is a checkout of its own: its documents are watched there"
                self._notice("checkout", folder + name, words)
            elif kind == _FOLDER:
                self._expand(f"{folder}{name}/", wanted, glob)
            elif part is not ACROSS:
                words = f"{folder}{name} is {kind}: documents behind it are not watched"
                self._notice("link", folder + name, words)

    def _is_checkout(self, folder: str) -> bool:
        """Say whether a folder is a submodule, a worktree or a clone inside this one."""
        return os.path.lexists(self._root / folder / ".git")

    def _entries(self, folder: str, part: Part) -> Iterable[tuple[str, str]]:
        if isinstance(part, str) and folder not in self._read:
            return self._one(folder, part)
        if folder not in self._read:
            self._read[folder] = self._scan(folder)
        return self._read[folder]

    def _one(self, folder: str, name: str) -> list[tuple[str, str]]:
        path = self._root / folder / name
        if path.is_symlink():
            return [(name, _LINKED if path.is_dir() else _FILE)]
        return [(name, _FOLDER if path.is_dir() else _FILE)] if path.exists() else []

    def _scan(self, folder: str) -> list[tuple[str, str]]:
        try:
            with os.scandir(self._root / folder) as entries:
                return sorted(self._known(folder, entries))
        except OSError as error:
            why = f"{folder.rstrip('/') or '.'} cannot be listed: {error.strerror}"
            self._notice("unlisted", folder, why)
            return []

    def _known(self, folder: str, entries: Iterable[os.DirEntry[str]]) -> Iterable[tuple[str, str]]:
        for entry in entries:
            if not spellable(entry.name):
                shown = os.fsencode(folder + entry.name).decode("utf-8", "backslashreplace")
                self._notice("bad_name", shown, f"{shown} is not named in UTF-8: not watched")
            elif not entry.is_dir():
                yield entry.name, _FILE
            else:
                yield entry.name, _LINKED if entry.is_symlink() else _FOLDER

    def _notice(self, code: str, about: str, words: str) -> None:
        self._notices.setdefault(f"{code} {about}", Notice(code=code, message=words))


def spellable(name: str) -> bool:
    """Say whether a name can be written down; one that is not UTF-8 on disk cannot."""
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
