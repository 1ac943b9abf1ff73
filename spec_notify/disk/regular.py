"""Reading a file that somebody else may have put there: bounded, and never waiting for a pipe."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from spec_notify.ports import Unreadable

if TYPE_CHECKING:
    from pathlib import Path

_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def read_regular(path: Path, *, most: int) -> bytes | Unreadable | None:
    """Answer a file's bytes, links followed; None when there is none.

    Unreadable when it is no regular file, holds more than `most` bytes, or may not be read.
    """
    try:
        # Asked before opening: to open a device can already do something.
        if not stat.S_ISREG(path.stat().st_mode):
            return Unreadable(path=str(path), why="is no regular file")
        found = _read(path, most + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "its name is no file name"
        return Unreadable(path=str(path), why=f"cannot be read: {why}")
    if found is None:
        return Unreadable(path=str(path), why="is no regular file any more")
    if len(found) > most:
        return Unreadable(path=str(path), why=f"is larger than {most:,} bytes")
    return found


def _read(path: Path, length: int) -> bytes | None:
    descriptor = os.open(path, _FLAGS)
    with os.fdopen(descriptor, "rb") as file:
        # Swapped since it was asked about: a pipe without writer reads as empty at once.
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        return file.read(length)
