"""What git's own files say without git: HEAD, branches, the reflog, operations under way.

gitrepository-layout(5). Names are bytes on disk; ours are UTF-8, and what is not is escaped.
"""

from __future__ import annotations

import re
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

from spec_notify.core.reflog import Move

if TYPE_CHECKING:
    from collections.abc import Iterator

_OBJECT = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DEEPEST = 5
"""How many symbolic refs git follows, too."""
_HEADS = b"refs/heads/"
_ELSEWHERE = b"refs/heads/.invalid"
"""What HEAD names where refs are kept in another format than files (git's reftable)."""
_FIRST, _MOST = 1 << 16, 1 << 24
"""Bytes of a reflog's end that are read at first, and at most."""
_SEAL = 256


class GitFiles:
    """The files of one checkout: `own` is its git directory, `common` the one worktrees share."""

    def __init__(self, own: Path, common: Path) -> None:
        self._own = own
        self._common = common
        self._log = own / "logs" / "HEAD"

    @property
    def readable(self) -> bool:
        """Say whether refs are plain files here; if not, only git knows them."""
        return self._target(self._own / "HEAD") != _ELSEWHERE

    def head(self) -> tuple[str | None, str | None]:
        """Answer the branch (None when detached) and the commit (None when unborn)."""
        ref, value = b"HEAD", self._read(self._own / "HEAD")
        for _ in range(_DEEPEST):
            target = _symbolic(value)
            if target is None:
                break
            ref, value = target, self._ref(target)
        branch = spell(ref.removeprefix(_HEADS)) if ref.startswith(_HEADS) else None
        found = _OBJECT.fullmatch(value.strip()) if value else None
        return branch, found[0].decode() if found else None

    def busy(self, stale_before: int | None = None) -> str | None:
        """Answer what git is in the middle of; None when it is at rest.

        A lock made before `stale_before` is one that git left behind.

        A bisection is no such thing: people work on in it. A cherry-pick or revert that stops
        leaves conflict markers, and git runs its hooks while their files still stand.
        """
        own = self._own
        locked = self.locked_since()
        if locked is not None and (stale_before is None or locked >= stale_before):
            return "index.lock"
        if (own / "MERGE_HEAD").exists():
            return "merge"
        if (own / "rebase-apply" / "applying").exists():
            return "am"
        return "rebase" if any(map(Path.exists, self._rebases())) else None

    def locked_since(self) -> int | None:
        """Answer when index.lock was made, in milliseconds; None when there is none."""
        try:
            return (self._own / "index.lock").stat().st_mtime_ns // 1_000_000
        except OSError:
            return None

    def mark(self, head: str | None) -> str | None:
        """Answer where the reflog ends that leads to `head`; None when there is no reflog.

        git writes an entry before it moves HEAD, so one that leads further is not part of it.
        """
        size = self._log_size()
        if size is None:
            return None
        start = max(0, size - _FIRST)
        end = size
        for line, stop in _lines(self._slice(start, size), whole=start == 0):
            move = _move(line)
            if move is not None and move.new == head:
                end = start + stop
        return self._seal(end)

    def moves(
        self, since: str | None, *, after: str | None, until: str | None
    ) -> tuple[Move, ...] | None:
        """Answer the entries after a mark, else after the newest that landed on `since`.

        None when none did within the last 16 MiB, or when more than that has passed since.
        """
        size = self._log_size()
        if size is None:
            return None
        end = self._place(until, size)
        end = size if end is None else end
        start = self._place(after, end)
        if start is None:
            return self._landed(since, end)
        if end - start > _MOST:
            return None
        return tuple(_parse(self._slice(start, end), whole=True))

    def shallow(self, commit: str) -> bool:
        """Say whether a commit's parents are left out of this clone."""
        grafts = self._read(self._common / "shallow") or b""
        return commit.encode() in grafts.split()

    @property
    def is_shallow(self) -> bool:
        """Say whether history is cut anywhere in this clone."""
        return (self._common / "shallow").exists()

    def _landed(self, since: str | None, end: int) -> tuple[Move, ...] | None:
        reach = _FIRST
        while True:
            start = max(0, end - reach)
            moves = tuple(_parse(self._slice(start, end), whole=start == 0))
            for index in range(len(moves) - 1, -1, -1):
                if moves[index].new == since is not None:
                    return moves[index + 1 :]
                if moves[index].old == since:
                    return moves[index:]
            if start == 0 or reach >= _MOST:
                return None
            reach *= 4

    def _seal(self, end: int) -> str:
        # The bytes before a place tell whether the reflog was rewritten since (git gc does).
        return f"{end}.{zlib.crc32(self._slice(max(0, end - _SEAL), end)):08x}"

    def _place(self, mark: str | None, size: int) -> int | None:
        digits = mark.partition(".")[0] if mark else ""
        if not digits.isdigit() or int(digits) > size:
            return None
        return int(digits) if self._seal(int(digits)) == mark else None

    def _log_size(self) -> int | None:
        try:
            return self._log.stat().st_size
        except OSError:
            return None

    def _slice(self, start: int, end: int) -> bytes:
        try:
            with self._log.open("rb") as log:
                log.seek(start)
                return log.read(end - start)
        except OSError:
            return b""

    def _rebases(self) -> tuple[Path, Path]:
        return self._own / "rebase-merge", self._own / "rebase-apply"

    def _target(self, path: Path) -> bytes | None:
        return _symbolic(self._read(path))

    def _ref(self, name: bytes) -> bytes | None:
        if b".." in name or not name.startswith(b"refs/"):
            return None
        loose = self._read(self._common / name.decode("utf-8", "surrogateescape"))
        if loose is not None:
            return loose
        packed = b"\n" + (self._read(self._common / "packed-refs") or b"")
        place = packed.find(b" " + name + b"\n")
        return packed[packed.rfind(b"\n", 0, place) + 1 : place] if place > 0 else None

    def _read(self, path: Path) -> bytes | None:
        try:
            # HEAD was a symbolic link once, and git still reads it so.
            if path.name == "HEAD" and path.is_symlink():
                return b"ref: " + str(path.readlink()).encode("utf-8", "surrogateescape")
            return path.read_bytes()
        except OSError:
            return None


def spell(name: bytes) -> str:
    """Spell a ref's or author's name; bytes that are not UTF-8 are shown, never lost."""
    return name.decode("utf-8", "backslashreplace")


def _symbolic(value: bytes | None) -> bytes | None:
    if value is None or not value.startswith(b"ref:"):
        return None
    return value.removeprefix(b"ref:").strip()


def _lines(raw: bytes, *, whole: bool) -> Iterator[tuple[bytes, int]]:
    start = 0 if whole else raw.find(b"\n") + 1
    # An entry still being written has no end of line yet.
    while (stop := raw.find(b"\n", start) + 1) > 0:
        yield raw[start : stop - 1], stop
        start = stop


def _parse(raw: bytes, *, whole: bool) -> Iterator[Move]:
    for line, _ in _lines(raw, whole=whole):
        move = _move(line)
        if move is not None:
            yield move


def _move(line: bytes) -> Move | None:
    facts, _, message = line.partition(b"\t")
    ends = facts.split(b" ", 2)[:2]
    if not all(map(_OBJECT.fullmatch, ends)) or not ends[1:]:
        return None
    old, new = (None if not end.strip(b"0") else end.decode() for end in ends)
    return Move(old=old, new=new, message=spell(message))
