"""The spool's files on disk: a private folder, a lock, and what is moved aside.

Contract, section 8 (0700/0600). `os` throughout: pathlib alone would cost a git hook milliseconds.
"""
# ruff: noqa: PTH100, PTH101, PTH102, PTH104, PTH108, PTH110, PTH116, PTH118, PTH120, PTH123, PTH208

from __future__ import annotations

import fcntl
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from spec_notify.core.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Iterator

Inode = tuple[int, int]
# With the database itself first: what SQLite keeps beside it belongs to it.
_FAMILY = ("", "-wal", "-journal", "-shm")
_ASIDE, _SUSPECT = ".corrupt-", ".suspect"
_PRIVATE_FOLDER, _PRIVATE_FILE = 0o700, 0o600


def read_beside(name: str) -> str:
    """Answer the text of a file of this package."""
    with open(os.path.join(os.path.dirname(__file__), name), encoding="utf-8") as file:
        return file.read()


def absolute(path: str | os.PathLike[str]) -> str:
    """Answer a path that means the same wherever this process goes."""
    return os.path.abspath(path)


def private_folder(path: str) -> None:
    """Make the folder a spool stands in. Raises SpoolError where others could write."""
    with speaking(os.path.dirname(path)):
        _make(os.path.dirname(path))
    check_folder(path)


def check_folder(path: str) -> None:
    """Make sure nobody else can have written a spool. Raises SpoolError where others could."""
    folder = os.path.dirname(path)
    with speaking(folder):
        found = os.stat(folder)
    if found.st_uid != os.geteuid():
        fix = "name a folder of your own in SPEC_NOTIFY_STATE_DIR"
        raise SpoolError(folder, f"it belongs to another user: {fix}")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SpoolError(folder, f"other users can write there: run `chmod 700 {folder}`")


def check_kind(path: str) -> None:
    """Raise SpoolError for a pipe, a socket or a device, which SQLite would wait for for ever."""
    with suppress(FileNotFoundError):
        kind = os.stat(path).st_mode
        if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
            raise SpoolError(path, "it is no regular file: move it away")


def private_file(path: str) -> Inode | None:
    """Answer which file a path names, its whole family private from here on; None if none does."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_IMODE(found.st_mode) & ~_PRIVATE_FILE:
        for each in family(path):
            os.chmod(each, _PRIVATE_FILE)
    return (found.st_dev, found.st_ino)


def inode(path: str) -> Inode | None:
    """Answer which file a path names now; None if none that can be reached."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return (found.st_dev, found.st_ino)


def family(path: str) -> list[str]:
    """Answer the files that exist of a database and what SQLite keeps beside it."""
    return [path + end for end in _FAMILY if os.path.lexists(path + end)]


def create(path: str) -> str:
    """Answer an empty private file beside a database that is yet to get its name."""
    draft = path + ".new"
    for each in family(draft):
        os.unlink(each)
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_NOFOLLOW, _PRIVATE_FILE))
    return draft


def publish(draft: str, path: str) -> None:
    """Give a finished database its name: it is there whole or not at all."""
    os.rename(draft, path)
    _sync_folder(path)


def set_aside(path: str) -> str | None:
    """Move a database and all that belongs to it out of the way; answer where it is kept."""
    family_now = family(path)
    if not family_now:
        return None
    number = 1
    while family(f"{path}{_ASIDE}{number}"):
        number += 1
    kept = [f"{path}{_ASIDE}{number}{each.removeprefix(path)}" for each in family_now]
    for each, name in zip(family_now, kept, strict=True):
        os.rename(each, name)
    _sync_folder(path)
    return kept[0]


def aside(path: str) -> str | None:
    """Answer the newest of the databases that were moved aside."""
    folder, name = os.path.split(path + _ASIDE)
    ends = [each.removeprefix(name) for each in os.listdir(folder) if each.startswith(name)]
    marks = [each.split("-")[0] for each in ends]
    numbers = [int(mark) for mark in marks if mark.isdecimal()]
    return family(f"{path}{_ASIDE}{max(numbers)}")[0] if numbers else None


def is_writable(path: str) -> bool:
    """Say whether this user may write a file."""
    return os.access(path, os.W_OK)


def is_torn(path: str, page: int) -> bool:
    """Say whether a database ends in the middle of a page that no log completes."""
    if os.stat(path).st_size % page == 0:
        return False
    log = path + "-wal"
    return not (os.path.exists(log) and os.stat(log).st_size)


def suspect(path: str) -> None:
    """Have the next start look at the whole database before it trusts it."""
    with open(path + _SUSPECT, "ab", opener=_private):
        pass


def is_suspect(path: str) -> bool:
    """Say whether somebody met damage in this database."""
    return os.path.exists(path + _SUSPECT)


def clear_suspicion(path: str) -> None:
    """The database was looked at, or is no more."""
    if is_suspect(path):
        os.unlink(path + _SUSPECT)


@contextmanager
def alone(path: str) -> Iterator[None]:
    """Keep other processes from beginning or moving the same database at the same time."""
    with open(path + ".lock", "ab", opener=_private) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def speaking(path: str) -> Iterator[None]:
    """Turn what the operating system refuses into a SpoolError."""
    try:
        yield
    except OSError as error:
        raise SpoolError(
            path, f"{error.strerror or error}: check its permissions and the disk"
        ) from error


def _private(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NOFOLLOW, _PRIVATE_FILE)


def _make(folder: str) -> None:
    try:
        os.mkdir(folder, _PRIVATE_FOLDER)
    except FileExistsError:
        return
    except FileNotFoundError:
        _make(os.path.dirname(folder))
        with suppress(FileExistsError):
            os.mkdir(folder, _PRIVATE_FOLDER)


def _sync_folder(path: str) -> None:
    opened = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
