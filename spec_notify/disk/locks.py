"""Locks between processes that die with their process, and work that only one does at a time.

The kernel's flock(2) is the truth; what stands in the file only says who.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from spec_notify.core.errors import SpoolError

from . import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_FLAGS = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
_GRACE = 100
"""Milliseconds a lock may be held by nobody we can name before we believe it."""


# Not a msgspec value: a hook that only leaves a mark must not wait for that import.
class Holder(NamedTuple):
    """Who holds a lock: its `owner` as disk/process.py spells it, empty when it could not tell."""

    owner: str

    @property
    def pid(self) -> int | None:
        """The process number in the holder's own pid namespace."""
        return process.pid_of(self.owner)


class Lock:
    """An exclusive lock on a file of its own; SIGKILL frees it. The file is never deleted."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def acquire(self) -> bool:
        """Take the lock without waiting for its holder; False when it is taken, even by us.

        Raises SpoolError where the file cannot be opened or its file system cannot lock.
        """
        if self._fd is not None:
            return False
        with _told(self._path):
            self._fd = _take(self._path)
        return self._fd is not None

    def release(self) -> None:
        """Let go; nothing happens when the lock is not held."""
        if self._fd is None:
            return
        fd, self._fd = self._fd, None
        # The name goes first: whoever is in the way of the next holder must not bear ours.
        _sign(fd, "")
        os.close(fd)


def holder(path: Path) -> Holder | None:
    """Answer who holds a lock right now; None when nobody does or there is no such file.

    A name left by a process that was killed is no holder. Raises SpoolError as `acquire` does.
    """
    with _told(path):
        try:
            fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return None
        try:
            return _ask(fd)
        finally:
            os.close(fd)


def single_flight(path: Path, work: Callable[[], None]) -> bool:
    """See to it that `work` runs once more, wholly after this call began, by whoever runs it.

    Never two at a time: while another process is at it, a mark is left that makes it go again,
    and the answer is False. A run that raises does not keep the marks of others waiting; the
    last such error is raised at the end. A process killed at work takes its marks with it.
    """
    mark = path.with_name(f"{path.name}.again")
    with _told(mark):
        mark.touch(mode=0o600)
    lock, ran, failure = Lock(path), False, None
    # The mark is looked at again after letting go: who found us holding has gone home by now.
    while mark.exists() and lock.acquire():
        try:
            while _unmark(mark):
                ran, failure = True, _run(work) or failure
        finally:
            lock.release()
    if failure is not None:
        raise failure
    return ran


def _unmark(mark: Path) -> bool:
    # Before the run: a mark left from here on asks for another one.
    try:
        mark.unlink()
    except FileNotFoundError:
        return False
    return True


def _run(work: Callable[[], None]) -> Exception | None:
    try:
        work()
    except Exception as error:  # noqa: BLE001 - raised when nobody else waits for a run
        return error
    return None


def _take(path: Path) -> int | None:
    for _ in range(_GRACE):
        fd, taken = os.open(path, _FLAGS, 0o600), False
        try:
            taken = _flock(fd, fcntl.LOCK_EX)
            if taken:
                _sign(fd, process.owner())
                return fd
            if process.alive(_name(fd)):
                return None
        finally:
            if not taken:
                os.close(fd)
        # Nobody alive by name: somebody who only asks, or is about to write one. Microseconds.
        time.sleep(0.001)
    return None


def _ask(fd: int) -> Holder | None:
    for _ in range(_GRACE):
        if _flock(fd, fcntl.LOCK_SH):
            return None
        if process.alive(_name(fd)):
            break
        time.sleep(0.001)
    return Holder(owner=_name(fd))


def _flock(fd: int, kind: int) -> bool:
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _sign(fd: int, owner: str) -> None:
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, owner.encode("ascii"), 0)
    except OSError:
        return  # a full disk: the lock holds all the same, only namelessly


def _name(fd: int) -> str:
    return os.pread(fd, 200, 0).decode("ascii", "replace")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        why = f"cannot be locked ({error.strerror}): is the state directory yours and local?"
        raise SpoolError(str(path), why) from error
