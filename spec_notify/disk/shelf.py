"""What stands in an evidence directory, known to many processes without listing it each time.

A directory has a lock file in the state folder. Whoever holds it and changes the directory
writes down what changed and how the directory looked afterwards; the next one reads only the
new lines. The directory is listed again when it does not look as the last line says, when the
last change was never finished, and now and then. The directory itself is locked too: whoever
has another state folder, as a container has, knows nothing of that file.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from contextlib import contextmanager, suppress
from itertools import islice
from typing import TYPE_CHECKING

from spec_notify.core.chain import is_anchor_name
from spec_notify.core.evidence import parse_name
from spec_notify.core.rotation import Shelf

from .atomic import temporary_name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_ERA = 32
_LONGEST = 262_144
"""Bytes of log after which everybody lists the directory again: also what nobody logged is seen."""
_MOST_OTHERS = 1_000
"""Files of others that are weighed at each write; more are weighed when the directory is listed."""
_BEGUN = b"!"
_TEMPORARY = temporary_name("\n").split("\n")


class SharedShelf:
    """The `Shelf` of one directory, kept in step with every process that writes there."""

    def __init__(self, lock: Path) -> None:
        self._lock = lock
        self._shelf = Shelf()
        self._era = b""
        self._known = 0
        self._look = b""
        self._lines: list[bytes] = []

    @contextmanager
    def held(self, folder: int, *, patience: float) -> Iterator[Shelf | None]:
        """Hold the directory's locks; what is yielded is what stands there.

        None when they were not to be had within `patience` seconds. The yielded shelf is only
        read; changes go through `changing`. `folder` is locked until the caller closes it.
        """
        deadline = time.monotonic() + patience
        log = _take(self._lock, deadline)
        if log is None:
            yield None
            return
        try:
            if not _hold(folder, deadline):
                yield None
                return
            self._catch_up(log, folder)
            self._log, self._folder = log, folder
            yield self._shelf
        finally:
            os.close(log)

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Change files within this block, telling `put` and `drop`; an OSError ends it in order."""
        # Killed in here, this line is the last, and whoever comes next looks for himself.
        self._tell(_BEGUN)
        era, self._era = self._era, b""
        try:
            yield
        except OSError:
            self._tell(*self._lines, self._looks(self._folder))
            self._era = era
            raise
        self._tell(*self._lines, self._looks(self._folder))
        self._era = era

    def put(self, name: str, size: int) -> None:
        """Note a file of ours that stands there now."""
        self._shelf.put(name, size)
        self._lines.append(b"+%d %s" % (size, name.encode()))

    def drop(self, name: str) -> None:
        """Note a file of ours that is gone."""
        self._shelf.drop(name)
        self._lines.append(b"-%s" % name.encode())

    def _catch_up(self, log: int, folder: int) -> None:
        size = os.fstat(log).st_size
        known = (
            self._known <= size <= _LONGEST and self._era and os.pread(log, _ERA, 0) == self._era
        )
        if known and self._follow(os.pread(log, size - self._known, self._known)):
            self._known = size
            if self._look == self._looks(folder):
                self._weigh_others(folder)
                return
        self._start_over(log, folder)

    def _weigh_others(self, folder: int) -> None:
        """See how large other people's files are now: one that grows changes no directory."""
        for name in islice([*self._shelf.others], _MOST_OTHERS):
            with suppress(FileNotFoundError):
                status = os.stat(name.rstrip("/"), dir_fd=folder, follow_symlinks=False)
                self._shelf.put(name, status.st_size)

    def _follow(self, news: bytes) -> bool:
        """Apply what others wrote down; False when the last of it is not a finished change."""
        try:
            for line in news.splitlines():
                self._apply(line)
        except ValueError:
            return False
        return not news or news.endswith(self._look + b"\n")

    def _apply(self, line: bytes) -> None:
        if line.startswith(b"+"):
            size, _, name = line[1:].partition(b" ")
            self._shelf.put(name.decode(), int(size))
        elif line.startswith(b"-"):
            self._shelf.drop(line[1:].decode())
        elif line.startswith(b"="):
            self._look = line

    def _start_over(self, log: int, folder: int) -> None:
        self._era, self._lines = b"", []
        self._shelf, self._log = Shelf(_listed(folder)), log
        self._look = self._looks(folder)
        if self._join(log):
            return
        era = (b"%x.%x" % (os.getpid(), time.monotonic_ns())).ljust(_ERA - 1) + b"\n"
        os.ftruncate(log, 0)
        self._known = 0
        self._tell(era[:-1], self._look)
        self._era = era

    def _join(self, log: int) -> bool:
        """Follow the log from its end where it is in order; the others would have to list again."""
        size = os.fstat(log).st_size
        end = self._look + b"\n"
        if size > _LONGEST or os.pread(log, len(end), max(size - len(end), 0)) != end:
            return False
        era = os.pread(log, _ERA, 0)
        if not era.endswith(b" \n"):
            return False
        self._era, self._known = era, size
        return True

    def _tell(self, *lines: bytes) -> None:
        news = b"\n".join([*lines, b""])
        self._known += os.write(self._log, news)
        self._look = lines[-1]
        self._lines = []

    def _looks(self, folder: int) -> bytes:
        seen = os.fstat(folder)
        return b"=%d %d %d" % (seen.st_ino, seen.st_mtime_ns, seen.st_size)


def _listed(folder: int) -> Iterator[tuple[str, int]]:
    """Answer name and size of every file; what a killed writer of ours left behind is deleted."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if _left_behind(entry.name):
                os.unlink(entry.name, dir_fd=folder)
                continue
            with suppress(FileNotFoundError):
                status = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(status.st_mode):
                    yield entry.name, status.st_size
                elif not stat.S_ISDIR(status.st_mode):
                    # With a slash no name is a record's: it counts and is never deleted.
                    yield f"{entry.name}/", status.st_size


def _left_behind(name: str) -> bool:
    before, after = _TEMPORARY
    if not (name.startswith(before) and name.endswith(after)):
        return False
    inner = name[len(before) : -len(after)]
    return parse_name(inner) is not None or is_anchor_name(inner)


def _take(path: Path, deadline: float) -> int | None:
    for _ in _until(deadline):
        log = os.open(path, _FLAGS, 0o600)
        # A lock on a file that was cleared away excludes nobody.
        if _locked(log) and os.fstat(log).st_nlink:
            return log
        os.close(log)
    return None


def _hold(folder: int, deadline: float) -> bool:
    try:
        return any(_locked(folder) for _ in _until(deadline))
    except OSError:
        return True  # a file system that locks no folders: the lock file alone keeps order


def _until(deadline: float) -> Iterator[None]:
    pause = 0.0005
    while True:
        yield
        if time.monotonic() >= deadline:
            return
        time.sleep(pause)
        pause = min(pause * 2, 0.005)


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
