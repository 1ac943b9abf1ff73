"""Files that stand whole or not at all, below a folder nobody can lead us out of.

Every step goes through directory descriptors with O_NOFOLLOW: a symbolic link in the way is an
OSError, never a detour.
"""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_STEP = _FOLDER | os.O_NOFOLLOW
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def open_folder(root: Path, parts: Sequence[str], *, create: bool) -> int:
    """Answer a descriptor of a folder below `root`; the caller closes it.

    `root` is trusted, links in its own path are followed. Raises OSError when a part is a link or
    a file, or, unless `create`, not there. The name of a folder made here survives a power loss.
    """
    folder = os.open(root, _FOLDER)
    for part in parts:
        try:
            below = _step(folder, part, create=create)
        finally:
            os.close(folder)
        folder = below
    return folder


def replace_atomically(folder: int, name: str, body: bytes, *, mode: int = 0o644) -> None:
    """Put a file in place: temporary name, fsync, rename; until then the old one stands.

    Surviving a power loss takes an fsync of the folder too. Raises OSError, and then leaves no
    temporary file.
    """
    temporary = temporary_name(name)
    # Under the caller's lock nobody else is writing this: what bears the name was left behind.
    with suppress(FileNotFoundError):
        os.unlink(temporary, dir_fd=folder)
    try:
        _fill(folder, temporary, body, mode)
        os.rename(temporary, name, src_dir_fd=folder, dst_dir_fd=folder)
    except OSError:
        with suppress(FileNotFoundError):
            os.unlink(temporary, dir_fd=folder)
        raise


def temporary_name(name: str) -> str:
    """Answer what a file is called while it is being written."""
    return f".{name}.tmp"


def read_below(folder: int, name: str, *, limit: int) -> bytes | None:
    """Read a regular file of at most `limit` bytes; None for anything else, or nothing."""
    try:
        file = os.open(name, _READ, dir_fd=folder)
    except OSError:
        return None
    try:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        return os.read(file, status.st_size)
    finally:
        os.close(file)


def _step(folder: int, part: str, *, create: bool) -> int:
    try:
        return os.open(part, _STEP, dir_fd=folder)
    except FileNotFoundError:
        if not create:
            raise
    # Another process may make it in the same moment.
    with suppress(FileExistsError):
        os.mkdir(part, 0o755, dir_fd=folder)
        # What is put into it is no safer than its own name.
        os.fsync(folder)
    return os.open(part, _STEP, dir_fd=folder)


def _fill(folder: int, name: str, body: bytes, mode: int) -> None:
    file = os.open(name, _NEW, mode, dir_fd=folder)
    try:
        left = memoryview(body)
        while left:
            left = left[os.write(file, left) :]
        os.fsync(file)
    finally:
        os.close(file)
