"""Processes: who one is beyond its number, whether it still lives, and starting one detached."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_PROC = Path("/proc")
_START_FIELD = 19
"""Place of the start time in /proc/PID/stat, counted after the name (proc(5), field 22)."""


def owner() -> str:
    """Answer `boot:pid:start` of this process, a name no other process ever has.

    `boot` is the boot id and the pid namespace, `start` the start time in clock ticks; both are
    empty where the platform does not tell.
    """
    pid = os.getpid()
    return f"{_boot()}:{pid}:{_started(pid) or ''}"


def alive(owner: str) -> bool:
    """Say whether the process of an `owner` still runs; text that is no owner is dead.

    A process of another pid namespace cannot be asked and counts as alive: its lease decides.
    """
    boot, pid, start = _parts(owner)
    if pid is None:
        return False
    ours = _boot()
    if boot == ours:
        return _started(pid) == start if start else _exists(pid)
    # Same machine, same boot, but a container's numbers mean nothing out here.
    return bool(ours) and boot.partition(".")[0] == ours.partition(".")[0]


def pid_of(owner: str) -> int | None:
    """Answer the process number of an `owner`; None when the text is no owner."""
    return _parts(owner)[1]


def detach(argv: Sequence[str], log: Path | None, env: Mapping[str, str]) -> int:
    """Start a program in a session of its own, holding nothing of ours open; answer its pid.

    `argv[0]` is a path. Its input is empty and its output is appended to `log`, or dropped.
    Raises OSError when it cannot be started.
    """
    import signal

    sink = os.devnull if log is None else os.fspath(log)
    actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, sink, _APPEND, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
        *((os.POSIX_SPAWN_CLOSE, fd) for fd in _heritage()),
    ]
    # What a shell or nohup made us ignore must not deafen the child to its own stop and reload.
    heard = (signal.SIGINT, signal.SIGQUIT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
    return os.posix_spawn(
        argv[0], list(argv), env, file_actions=actions, setsid=True, setsigmask=(), setsigdef=heard
    )


_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW


def _parts(owner: str) -> tuple[str, int | None, str]:
    boot, _, rest = owner.strip().partition(":")
    number, _, start = rest.partition(":")
    # Zero and negative numbers mean whole process groups to kill(2).
    pid = int(number) if number.isascii() and number.isdigit() else 0
    return boot, pid or None, start


def _boot() -> str:
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}.{(_PROC / 'self/ns/pid').stat().st_ino}"
    except OSError:
        return ""


def _started(pid: int) -> str | None:
    try:
        line = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, parentheses too.
    fields = line.rpartition(")")[2].split()
    gone = not fields or fields[0] in "ZX"
    return None if gone else fields[_START_FIELD]


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def _heritage() -> Iterator[int]:
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 - numbers, not paths
        fd = int(name)
        try:
            if fd > 2 and os.get_inheritable(fd):  # noqa: PLR2004 - beyond the three streams
                yield fd
        except OSError:
            continue  # the descriptor the listing itself used
