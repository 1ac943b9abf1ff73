"""What the kernel still has of inotify for this user, asked by trying: limits alone say little.

inotify(7); the limits stand in /proc/sys/fs/inotify.
"""

from __future__ import annotations

import ctypes
import errno
import os
from pathlib import Path

_LIMITS = Path("/proc/sys/fs/inotify")
_CLOEXEC = os.O_CLOEXEC
_CREATED = 0x100
"""IN_CREATE: any event will do."""
_SHORT = {
    errno.EMFILE: "max_user_instances",
    errno.ENFILE: "max_user_instances",
    errno.ENOSPC: "max_user_watches",
}


def limits() -> dict[str, int]:
    """Answer the kernel's limits by name; none where there is no inotify."""
    found = {}
    for name in ("max_user_instances", "max_user_watches"):
        try:
            found[name] = int((_LIMITS / name).read_text("ascii"))
        except (OSError, ValueError):
            continue
    return found


def shortage(folder: Path) -> str | None:
    """Try one watch on a folder; answer the limit that forbids it, or another error's words."""
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "inotify_init1"):
        return "there is no inotify on this system"
    instance = libc.inotify_init1(_CLOEXEC)
    if instance < 0:
        return _said(ctypes.get_errno())
    try:
        watch = libc.inotify_add_watch(instance, os.fsencode(folder), _CREATED)
        return None if watch >= 0 else _said(ctypes.get_errno())
    finally:
        os.close(instance)


def _said(number: int) -> str:
    return _SHORT.get(number) or os.strerror(number)
