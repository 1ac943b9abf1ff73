"""Appending to a message bus that other programs append to, lock and rotate at the same time.

As conductor-loop does: flock(2) polled every 10 ms for up to 10 s, three tries. Its rotation
renames the file without a lock, so whoever got the lock looks whether it still is that file.
"""

from __future__ import annotations

import fcntl
import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from spec_notify.core.errors import BusError

from .atomic import open_folder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

POLL = 10
"""Milliseconds between two tries for the lock."""
PATIENCE = 10_000
"""Milliseconds after which the lock counts as not to be had."""
TRIES = 3
PAUSE = 100
"""Milliseconds before the second try, doubled before the third."""
TAIL = 1 << 20
"""Bytes at a bus's end that are searched for a record of ours."""

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
_OPEN = _FLAGS | os.O_NOCTTY | os.O_CLOEXEC


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """How to wait: a clock that never goes back, in milliseconds, a rest, and when to give up."""

    clock: Callable[[], int]
    rest: Callable[[int], None]
    stopped: Callable[[], bool] = lambda: False


class _Busy(Exception):  # noqa: N818 - no error: another try may have the lock
    """The lock was not to be had in time."""


def append(
    root: Path, parts: Sequence[str], name: str, record: bytes, *, mark: str, waiting: Waiting
) -> bool:
    """Append a record to a bus in a folder below `root`; False when one with `mark` stands there.

    Raises BusError, which names the bus by its path below the root: nothing was written then, and
    a later try may do it.
    """
    path = "/".join((*parts, name))
    try:
        folder = open_folder(root, parts, create=False)
    except OSError as error:
        raise BusError(path, f"its folder cannot be opened ({error.strerror})") from error
    try:
        return _append(folder, name, record, mark, waiting)
    except BusError as error:
        raise BusError(path, error.why) from error
    except OSError as error:
        raise BusError(path, f"it cannot be written ({error.strerror})") from error
    finally:
        os.close(folder)


def _append(folder: int, name: str, record: bytes, mark: str, waiting: Waiting) -> bool:
    for number in range(TRIES):
        if number:
            waiting.rest(PAUSE << (number - 1))
        try:
            bus = _locked(folder, name, waiting)
        except _Busy:
            continue
        try:
            return _write(bus, record, mark.encode())
        finally:
            # Closing lets the lock go.
            os.close(bus)
    raise BusError(name, f"others held its lock all the time, {TRIES} tries long")


def _locked(folder: int, name: str, waiting: Waiting) -> int:
    """Answer a descriptor of the file that bears the name now, locked. Raises _Busy."""
    end = waiting.clock() + PATIENCE
    while True:
        bus, kept = _opened(folder, name), False
        try:
            while not _taken(bus):
                if waiting.stopped():
                    raise BusError(name, "spec-notify was stopped while others held its lock")
                if waiting.clock() >= end:
                    raise _Busy
                waiting.rest(POLL)
            kept = _bears(folder, name, bus)
            if kept:
                return bus
        finally:
            if not kept:
                os.close(bus)
        if waiting.clock() >= end:
            raise _Busy


def _opened(folder: int, name: str) -> int:
    """Open the bus, made where there is none. Raises BusError for anything but a plain file."""
    with suppress(FileNotFoundError):
        # Asked before opening: to open a device can already do something.
        _check(name, os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    bus = os.open(name, _OPEN, 0o644, dir_fd=folder)
    try:
        _check(name, os.fstat(bus).st_mode)
    except BusError:
        os.close(bus)
        raise
    return bus


def _check(name: str, mode: int) -> None:
    if stat.S_ISLNK(mode):
        raise BusError(name, "it is a symbolic link")
    if not stat.S_ISREG(mode):
        raise BusError(name, "it is no regular file")


def _taken(bus: int) -> bool:
    try:
        fcntl.flock(bus, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _bears(folder: int, name: str, bus: int) -> bool:
    """Say whether the name still stands for the open file: it may have been rotated away."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    ours = os.fstat(bus)
    return (found.st_dev, found.st_ino) == (ours.st_dev, ours.st_ino)


def _write(bus: int, record: bytes, mark: bytes) -> bool:
    size = os.fstat(bus).st_size
    if mark in os.pread(bus, TAIL, max(0, size - TAIL)):
        return False
    # In one write: a reader that looks between two would see a record without its end.
    whole = (b"\n" if size else b"") + record
    written = os.write(bus, whole)
    if written < len(whole):
        os.ftruncate(bus, size)
        raise OSError(0, "the disk is full")
    return True
