"""A replay that was begun and not seen to its end: what it delivered is not sent again."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from pathlib import Path


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    words: str
    at: int
    left: bool = False


class Interrupted:
    """Remembers in the state folder the last replay that did not end, by the words it was given."""

    def __init__(self, state: Path) -> None:
        self._file = state / "replay.json"

    def since(self, words: str) -> int | None:
        """Answer when an unended replay of the same words began; None without one."""
        begun = self._begun()
        return begun.at if begun is not None and begun.words == words else None

    def was_left(self) -> bool:
        """Say whether the last one was not cut short: the rest of its queue was left to others."""
        begun = self._begun()
        return begun is not None and begun.left

    def begin(self, words: str, at: int) -> None:
        """Remember a replay before the first of it is queued."""
        self._keep(_Begun(words=words, at=at))

    def leave(self) -> None:
        """Remember that the command ended well, and something it queued is still open."""
        begun = self._begun()
        if begun is not None:
            self._keep(msgspec.structs.replace(begun, left=True))

    def _begun(self) -> _Begun | None:
        try:
            return msgspec.json.decode(self._file.read_bytes(), type=_Begun)
        except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
            return None

    def _keep(self, begun: _Begun) -> None:
        body = msgspec.json.encode(begun)
        beside = self._file.with_suffix(".tmp")
        file = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            os.write(file, body)
            os.fsync(file)
        finally:
            os.close(file)
        beside.replace(self._file)

    def end(self) -> None:
        """Nothing of it is under way any more."""
        self._file.unlink(missing_ok=True)
