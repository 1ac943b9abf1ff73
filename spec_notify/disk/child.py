"""A command run in our place: it has our streams, and what is signalled to us reaches it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FORWARDED = (
    signal.SIGINT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGQUIT,
    signal.SIGUSR1,
    signal.SIGUSR2,
)
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
_SIGNALLED = 128
# Python ignores these two in itself; a command expects them as the system has them.
_PYTHONS = (signal.SIGPIPE, signal.SIGXFSZ)


_COERCED = "LC_CTYPE"
"""What Python sets in its own environment where it was given the C locale (PEP 538)."""
_GIVEN = Path("/proc/self/environ")


class Ended(NamedTuple):
    """How a command ended: its exit code as a shell counts, and why in words unless it is 0."""

    code: int
    error: str | None = None
    signal: str | None = None


class Child:
    """A running command. Until `release` signals are kept back; `wait` passes them on."""

    def __init__(self, pid: int, mask: Iterable[signal.Signals | int]) -> None:
        self._pid = pid
        self._mask = {*mask}
        self._heard = _heard()

    @classmethod
    def start(cls, argv: list[str], env: Mapping[str, str]) -> Child | Ended:
        """Start a command, found on PATH; how it ended where it cannot be started."""
        if not argv[0]:
            return _unstarted(FileNotFoundError())
        if signal.getsignal(signal.SIGCHLD) == signal.SIG_IGN:
            # Whoever ignores it is never told how a child ended.
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, {*_heard(), signal.SIGCHLD})
        try:
            return cls(_spawn(argv, env, mask), mask)
        except OSError as error:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
            return _unstarted(error)

    def wait(self) -> Ended:
        """Pass signals on until the command has ended, and answer how."""
        while True:
            told = signal.sigwaitinfo({*self._heard, signal.SIGCHLD})
            if told.si_signo != signal.SIGCHLD:
                self._pass_on(told)
                continue
            pid, status = os.waitpid(self._pid, os.WNOHANG)
            if pid:
                return _ended(status)

    def release(self) -> None:
        """Take signals ourselves again, those first that came since the command ended."""
        signal.pthread_sigmask(signal.SIG_SETMASK, self._mask)

    def _pass_on(self, told: signal.struct_siginfo) -> None:
        # What a terminal sends, it sends to the whole group: a second one would mean "at once".
        # It is ours until it is waited for, so its number is nobody else's.
        if told.si_code <= 0 or os.getpgid(self._pid) != os.getpgrp():
            # A command that became somebody else, as sudo does, is not ours to signal.
            with suppress(PermissionError):
                os.kill(self._pid, told.si_signo)


def environment() -> dict[str, str]:
    """Answer the environment this process was given, for a command to have in our place."""
    given = dict(os.environ)
    try:
        names = {each.partition(b"=")[0] for each in _GIVEN.read_bytes().split(b"\0")}
    except OSError:
        return given
    if _COERCED.encode() not in names:
        given.pop(_COERCED, None)
    return given


def _heard() -> set[signal.Signals]:
    """Answer the signals to pass on: what nohup or a shell made us ignore, the command ignores."""
    return {each for each in FORWARDED if signal.getsignal(each) != signal.SIG_IGN}


def _spawn(argv: list[str], env: Mapping[str, str], mask: Iterable[int]) -> int:
    try:
        return os.posix_spawnp(argv[0], argv, env, setsigmask=mask, setsigdef=_PYTHONS)
    except OSError as error:
        if error.errno != errno.ENOEXEC:
            raise
    # A script that names no interpreter is the shell's, as for every tool that runs commands.
    script = shutil.which(argv[0], path=env.get("PATH")) or argv[0]
    words = ["sh", script, *argv[1:]]
    return os.posix_spawnp("/bin/sh", words, env, setsigmask=mask, setsigdef=_PYTHONS)


def _unstarted(error: OSError) -> Ended:
    if isinstance(error, FileNotFoundError):
        return Ended(_NOT_FOUND, "command not found")
    return Ended(_NOT_EXECUTABLE, f"it cannot be run: {error.strerror or type(error).__name__}")


def _ended(status: int) -> Ended:
    if not os.WIFSIGNALED(status):
        code = os.WEXITSTATUS(status)
        return Ended(code, f"exit code {code}" if code else None)
    number = os.WTERMSIG(status)
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    return Ended(_SIGNALLED + number, f"ended by {name}", name)
