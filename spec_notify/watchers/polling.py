"""The stat pass: which known documents carry another stamp than the last time.

It finds every save that no event told: network mounts, containers, a full inotify queue.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

YOUNG = 2_000
"""Milliseconds within which a coarse clock may give two saves the same stamp."""

_Stamp = tuple[int, int, int, int]


class Stamps:
    """Remembers size, times and inode of documents. Change time is in it: mtime can be set back."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._known: dict[str, _Stamp | None] = {}

    def changed(self, paths: Iterable[str], now: int) -> list[str]:
        """Answer which of these paths may have changed since they were last asked for, in order.

        `now` is milliseconds UTC. A path never asked for is among them, and so is one that came
        or went. One touched less than 2 s ago is named until it has aged. Paths not given are
        forgotten.
        """
        stamps = {path: self._stamp(path) for path in paths}
        known, self._known = self._known, stamps
        return [
            path
            for path, stamp in stamps.items()
            if path not in known or stamp != known[path] or _young(stamp, now)
        ]

    def touched(self, paths: Iterable[str], now: int, *, within: int) -> bool:
        """Say whether one of these, as last asked for, was touched less than `within` ms ago."""
        return any(_young(self._known.get(path), now, within) for path in paths)

    def _stamp(self, path: str) -> _Stamp | None:
        try:
            found = (self._root / path).lstat()
        except OSError:
            return None
        return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


def _young(stamp: _Stamp | None, now: int, within: int = YOUNG) -> bool:
    # A stamp far in the future is a wrong clock, not a fresh save: it would be young for ever.
    return stamp is not None and abs(now - max(stamp[1], stamp[2]) // 1_000_000) < within
