"""The git program, called so that a repository's own settings run nothing and reach nowhere.

Reliability, T4. No call waits longer than its deadline.
"""

from __future__ import annotations

import os
import re
import select
import time
import weakref
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_KEPT = ("PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "USER", "LOGNAME")
_SET = {
    "LC_ALL": "C",
    # A partial clone would fetch what it lacks, through a program its config may name.
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_QUIET = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "protocol.ext.allow=never")
_NO_SIGNATURES = ("-c", "log.showSignature=false")
_NO_HOOKS = ("-c", f"core.hooksPath={os.devnull}")

MISSING = "git is not on PATH"

# Of what a partial clone lacks git says no more than this, and ends.
_LACKS = re.compile(r"lazy fetching disabled|promisor remote|transport '.*' not allowed")


class GitError(Exception):
    """git could not answer; the text says why. It never leaves `disk`."""


class GitRefusalError(GitError):
    """git was asked and has no such thing: to ask again changes nothing."""


class GitFailureError(GitError):
    """git was asked and gave up."""


class Found(NamedTuple):
    """An object: `commit`, `tree` or `blob`, its size, and its bytes unless it was too large."""

    kind: bytes
    size: int
    body: bytes | None


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Answer an environment for git that carries none of the caller's `GIT_*` variables."""
    return {name: environ[name] for name in _KEPT if name in environ} | _SET


class Program:
    """git in one folder, with a deadline in seconds on every call."""

    def __init__(self, folder: Path, *, environ: Mapping[str, str], timeout: float) -> None:
        self._folder = folder
        self._env = clean(environ)
        self.timeout = timeout

    def ask(self, *words: str, hooks: bool = False) -> bytes:
        """Run one command and answer what it prints. Raises GitError when it fails.

        GitRefusalError where git says no by exit status 1, as `--quiet` questions do.

        `hooks` lets it see core.hooksPath as it is: only for commands that ask where hooks are.
        """
        import subprocess

        try:
            done = subprocess.run(
                self._command(words, hooks=hooks),
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.timeout,
                check=False,
                start_new_session=True,
            )
        except subprocess.TimeoutExpired:
            raise GitError(late(self.timeout)) from None
        except OSError as error:
            raise GitError(_unstartable(error)) from None
        if done.returncode != 0:
            said = GitRefusalError if done.returncode == 1 else GitFailureError
            raise said(first_line(done.stderr) or f"git {words[0]} answered no")
        return done.stdout

    def batch(self) -> Batch:
        """Start one process that reads objects until it is closed. Raises GitError."""
        return Batch(self.start("cat-file", "--batch"), self.timeout)

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start one command, all three of its ends unbuffered pipes. Raises GitError."""
        import subprocess

        try:
            return subprocess.Popen(
                self._command(words),
                cwd=self._folder,
                env=self._env,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise GitError(_unstartable(error)) from None

    def _command(self, words: Sequence[str], *, hooks: bool = False) -> list[str]:
        safety = (*_QUIET, *_NO_SIGNATURES, *(() if hooks else _NO_HOOKS))
        return ["git", *safety, *words]


class Batch:
    """`git cat-file --batch` (git's manual): objects by full name. Not for use by two threads."""

    def __init__(self, process: subprocess.Popen[bytes], timeout: float) -> None:
        self._process = process
        self._timeout = timeout
        self._unread = bytearray()
        # Also when nobody closes: git must not outlive whoever asked.
        self.close = weakref.finalize(self, end, process)

    @property
    def closed(self) -> bool:
        """Say whether the process is gone; then a new one is needed."""
        return not self.close.alive

    def find(self, name: str, *, limit: int) -> Found | None:
        """Answer an object, None when it is missing. Raises GitError, and is closed then.

        GitRefusalError where it is what a partial clone left out.

        One larger than `limit` bytes is answered without its bytes, and the process is closed:
        reading past them would cost their size.
        """
        deadline = time.monotonic() + self._timeout
        try:
            os.write(fd_of(self._process.stdin), name.encode("ascii") + b"\n")
            found = self._answer(limit, deadline)
        except (GitError, OSError) as error:
            why = self._last_words() or str(error)
            self.close()
            raise (GitRefusalError if _LACKS.search(why) else GitError)(why) from None
        if found is not None and found.body is None:
            self.close()
        return found

    def _answer(self, limit: int, deadline: float) -> Found | None:
        header = self._line(deadline).split()
        if len(header) != len(Found._fields) or not header[2].isdigit():
            return None
        kind, size = header[1], int(header[2])
        if size > limit:
            return Found(kind, size, None)
        return Found(kind, size, self._take(size + 1, deadline)[:-1])

    def _line(self, deadline: float) -> bytes:
        while b"\n" not in self._unread:
            self._fill(deadline)
        return self._take(self._unread.index(b"\n") + 1, deadline)

    def _take(self, count: int, deadline: float) -> bytes:
        while len(self._unread) < count:
            self._fill(deadline)
        taken = bytes(self._unread[:count])
        del self._unread[:count]
        return taken

    def _fill(self, deadline: float) -> None:
        fd = fd_of(self._process.stdout)
        if not _readable(fd, deadline - time.monotonic()):
            raise GitError(late(self._timeout))
        chunk = os.read(fd, 1 << 16)
        if not chunk:
            raise GitError("git stopped before it answered")
        self._unread += chunk

    def _last_words(self) -> str:
        fd = fd_of(self._process.stderr)
        return first_line(os.read(fd, 4096)) if _readable(fd, 0) else ""


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process at once and let go of its pipes."""
    process.kill()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    process.wait()


def fd_of(pipe: IO[bytes] | None) -> int:
    """Answer the descriptor of one of the pipes of a process that `start` started."""
    assert pipe is not None  # noqa: S101 - all three are pipes by construction
    return pipe.fileno()


def _readable(fd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(max(0, round(seconds * 1000))))


def first_line(raw: bytes) -> str:
    """Answer the first line of what git says on stderr."""
    lines = raw.decode("utf-8", "replace").strip().split("\n")
    return lines[0].strip()


def late(timeout: float) -> str:
    """Say that git was waited for in vain."""
    return f"git did not answer within {timeout:g} s"


def _unstartable(error: OSError) -> str:
    return MISSING if isinstance(error, FileNotFoundError) else f"git: {error.strerror}"
