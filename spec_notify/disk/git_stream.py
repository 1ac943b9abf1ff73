"""What a git command says, read while it is still saying it: a long history costs no memory."""

from __future__ import annotations

import os
import select
import subprocess
import weakref
from typing import TYPE_CHECKING

from .git_process import GitError, end, fd_of, first_line, late

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .git_process import Program

PATIENCE = 60.0
"""Seconds git may be silent: before its first word it may have to walk the whole history."""
_CHUNK = 1 << 16
_LAST_WORDS = 4096


class Stream:
    """The words of one git command that ends them with NUL (`-z`); to be read once.

    Raises GitError when git fails or is silent for too long. Not for two threads.
    """

    def __init__(self, program: Program, *words: str, patience: float = PATIENCE) -> None:
        self._process = program.start(*words)
        self._patience = patience
        self._said = bytearray()
        # Also when nobody reads to the end: git must not outlive whoever asked.
        self.close = weakref.finalize(self, end, self._process)
        self._poll = select.poll()
        for pipe in (self._process.stdout, self._process.stderr):
            self._poll.register(fd_of(pipe), select.POLLIN)

    def __iter__(self) -> Iterator[bytes]:
        try:
            rest = b""
            while chunk := self._chunk():
                *words, rest = (rest + chunk).split(b"\0")
                yield from words
            self._check()
        finally:
            self.close()

    def _chunk(self) -> bytes:
        out, err = fd_of(self._process.stdout), fd_of(self._process.stderr)
        while True:
            ready = {fd for fd, _ in self._poll.poll(self._patience * 1000)}
            if not ready:
                raise GitError(late(self._patience))
            if err in ready:
                self._hear(err)
            if out in ready:
                return os.read(out, _CHUNK)

    def _hear(self, err: int) -> None:
        # Unread, it would fill its pipe and git would wait for us as we wait for git.
        said = os.read(err, _CHUNK)
        self._said += said[: _LAST_WORDS - len(self._said)]
        if not said:
            self._poll.unregister(err)

    def _check(self) -> None:
        try:
            code = self._process.wait(self._patience)
        except subprocess.TimeoutExpired:
            raise GitError(late(self._patience)) from None
        if code != 0:
            while fd_of(self._process.stderr) in {fd for fd, _ in self._poll.poll(0)}:
                self._hear(fd_of(self._process.stderr))
            raise GitError(first_line(bytes(self._said)) or f"git ended with {code}")
