"""The file transport: one file put in place, within a deadline even where a disk hangs."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from spec_notify.core.instant import spell_duration
from spec_notify.core.message import Failure, Fault, Reply, Timing
from spec_notify.transports.aside import aside
from spec_notify.transports.attempt import Progress, since

if TYPE_CHECKING:
    from spec_notify.core.message import FileMessage

Put: TypeAlias = Callable[[str, str, bytes], str | None]
"""Folder, name, bytes → None once the file stands, or why it never may. Raises OSError."""

_IN_THE_WAY = frozenset((errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.EEXIST))


class FileTransport:
    """A wire to the disk (`transports.wires.Wire`); who writes, and where, is handed in."""

    def __init__(self, put: Put) -> None:
        self._put = put

    async def send(
        self,
        message: FileMessage,
        *,
        deadline: int,
        allow_private: bool,  # noqa: ARG002 - no address is dialled
    ) -> Reply | Failure:
        """Put one file in place within `deadline` ms; the reply says only that it stands.

        A write that outlasts the deadline may still succeed: the next attempt replaces the file.
        """
        progress = Progress()
        detail, fault = None, Fault.INVALID
        try:
            async with asyncio.timeout(deadline / 1000):
                detail = await aside(
                    lambda: self._put(message.folder, message.name, message.body), name="file"
                )
        except TimeoutError:
            fault = Fault.TIMEOUT
            detail = f"not done within {spell_duration(deadline)}: still writing"
        except OSError as error:
            fault, detail = Fault.DISK, _why(error)
        timing = Timing(total=since(progress.started))
        if detail is not None:
            return Failure(fault=fault, detail=detail, timing=timing)
        return Reply(status=0, timing=timing)

    async def aclose(self) -> None:
        """Nothing is kept."""


def _why(error: OSError) -> str:
    if error.errno in _IN_THE_WAY:
        return "a symbolic link or a file stands where a folder should be; move it away"
    if isinstance(error, BlockingIOError):
        return "another process is writing there"
    if isinstance(error, FileNotFoundError):
        return "the folder is not there: make it, or mount what holds it"
    return f"the file cannot be written: {error.strerror or type(error).__name__}"
