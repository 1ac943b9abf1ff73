"""The watched folder: its documents found and read, without following a link or leaving it.

Contract, section 4; reliability, T6 and T7.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.ports import Text, Unreadable

from .listing import MOST, Walk, spellable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from .listing import Listing

CAP = 5 * 1024 * 1024
"""Bytes of the largest document that is read."""

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
# A named pipe must not be waited for, nor a terminal taken over.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_ABSENT = (errno.ENOENT, errno.ENAMETOOLONG)
_KINDS = (
    (stat.S_ISDIR, "is a folder"),
    (stat.S_ISFIFO, "is a named pipe"),
    (stat.S_ISCHR, "is a device"),
    (stat.S_ISBLK, "is a device"),
    (stat.S_ISSOCK, "is a socket"),
)
_LINK = "is a symbolic link: put the file itself there, or name the one it leads to"


class Folder:
    """A repository's working tree, or any folder (ports.Workspace). `root` may be a link."""

    def __init__(self, root: Path, *, most: int = MOST, cap: int = CAP) -> None:
        self.root = root.resolve()
        self._most = most
        self._cap = cap

    def documents(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing documents that match, repository-relative, sorted."""
        return list(self.listing(globs).documents)

    def listing(self, globs: Sequence[str]) -> Listing:
        """Answer the documents and what was left out of them, and why."""
        return Walk(self.root, self._most).take(globs)

    def watch_folders(self, globs: Sequence[str]) -> list[str]:
        """Answer the existing folders a matching file is in or may appear in, and those above.

        `.` is the root, and always there. Each is to be watched by itself, not what is below it.
        """
        return list(self.listing(globs).folders)

    def read(self, path: str) -> Text | Unreadable | None:
        """Read a document; None when there is none.

        Only a regular file that no link leads to is read, whole, and not while it is written to.
        """
        try:
            names = _names(path)
            with _Descent(self.root, names[:-1]) as folder:
                fd = os.open(names[-1], _FILE, dir_fd=folder)
        except (OSError, ValueError) as error:
            return _refusal(self.root, path, error)
        try:
            return _read(fd, path, self._cap)
        finally:
            os.close(fd)

    def names(self, folder: str) -> list[str]:
        """Answer the names of the files directly in a folder; none when it does not exist."""
        return self._entries(folder, lambda entry: entry.is_file(follow_symlinks=False))

    def folders(self, folder: str) -> list[str]:
        """Answer the names of the folders directly in a folder; links are none."""
        return self._entries(folder, lambda entry: entry.is_dir(follow_symlinks=False))

    def stamps(self, folder: str) -> dict[str, str]:
        """Answer `names`, each with its size, times and inode."""
        try:
            with _Descent(self.root, _inside(folder)) as fd, os.scandir(fd) as entries:
                found = {each.name: each.stat(follow_symlinks=False) for each in entries}
        except (OSError, ValueError):
            return {}
        return {
            name: f"{s.st_size}:{s.st_mtime_ns}:{s.st_ctime_ns}:{s.st_ino}"
            for name, s in sorted(found.items())
            if stat.S_ISREG(s.st_mode) and spellable(name)
        }

    def _entries(self, folder: str, wanted: Callable[[os.DirEntry[str]], bool]) -> list[str]:
        try:
            with _Descent(self.root, _inside(folder)) as fd, os.scandir(fd) as entries:
                return sorted(filter(spellable, (e.name for e in entries if wanted(e))))
        except (OSError, ValueError):
            return []


def read_file(path: str, *, cap: int = CAP) -> Text | Unreadable:
    """Read a file the user named on the command line: wherever it is, a pipe or link too."""
    try:
        with Path(path).open("rb") as file:
            raw = file.read(cap + 1)
    except (OSError, ValueError) as error:
        return Unreadable(path=path, why=getattr(error, "strerror", None) or str(error))
    return as_text(path, raw) if len(raw) <= cap else too_large(path, cap)


def as_text(path: str, raw: bytes, *, modified: int | None = None) -> Text | Unreadable:
    """Answer a document's text, without its byte order mark; only UTF-8 is read."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        why = f"is not UTF-8 (byte {error.start}): save it as UTF-8"
        return Unreadable(path=path, why=why)
    digest = hashlib.sha256(raw).hexdigest()
    return Text(text=text.removeprefix("\ufeff"), digest=digest, modified=modified)


def too_large(path: str, cap: int = CAP) -> Unreadable:
    """Answer that a document is beyond the cap."""
    why = f"is larger than {cap:,} bytes: move what is finished to another file"
    return Unreadable(path=path, why=why)


class _Descent:
    """The folder reached from a root by names, none of which may be a link; closed at the end."""

    def __init__(self, root: Path, names: Iterable[str]) -> None:
        self._fd = os.open(root, _FOLDER)
        for name in names:
            above = self._fd
            try:
                self._fd = os.open(name, _FOLDER, dir_fd=above)
            finally:
                os.close(above)

    def __enter__(self) -> int:
        return self._fd

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)


def _inside(folder: str) -> list[str]:
    return [] if folder in ("", ".") else _names(folder)


def _names(path: str) -> list[str]:
    names = path.split("/")
    if {"", ".", ".."} & {*names}:
        raise ValueError("is not a path inside the repository")
    return names


def _read(fd: int, path: str, cap: int) -> Text | Unreadable:
    os.set_blocking(fd, True)
    for _ in range(2):
        before = os.fstat(fd)
        if kind := _kind(before.st_mode):
            return Unreadable(path=path, why=f"{kind}: only regular files are read")
        if before.st_size > cap:
            return too_large(path, cap)
        raw = _whole(fd, cap + 1)
        if _stamp(os.fstat(fd)) == _stamp(before) and len(raw) == before.st_size:
            return as_text(path, raw, modified=before.st_mtime_ns // 1_000_000)
        os.lseek(fd, 0, os.SEEK_SET)
    return Unreadable(path=path, why="changes while it is read: the next look tries again")


def _whole(fd: int, most: int) -> bytes:
    raw = bytearray()
    while len(raw) < most and (chunk := os.read(fd, most - len(raw))):
        raw += chunk
    return bytes(raw)


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _kind(mode: int) -> str | None:
    return next((kind for is_, kind in _KINDS if is_(mode)), None)


def _refusal(root: Path, path: str, error: OSError | ValueError) -> Unreadable | None:
    if not isinstance(error, OSError):
        return Unreadable(path=path, why=str(error))
    if link := _link_on(root, path):
        return Unreadable(path=path, why=_LINK if link == path else f"{link} {_LINK}")
    if error.errno in _ABSENT or error.errno == errno.ENOTDIR:
        return None
    if error.errno == errno.ENXIO:
        return Unreadable(path=path, why="is a socket: only regular files are read")
    return Unreadable(path=path, why=f"cannot be read: {error.strerror}")


def _link_on(root: Path, path: str) -> str | None:
    so_far = root
    for name in path.split("/"):
        so_far /= name
        try:
            if so_far.is_symlink():
                return so_far.relative_to(root).as_posix()
        except OSError:
            return None
    return None
