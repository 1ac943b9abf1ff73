"""What a watcher of a checkout needs: who watches now, which folders matter, what was touched."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from spec_notify.disk.locks import Lock, holder
from spec_notify.disk.state import ensure
from spec_notify.watchers.poke import FOLDER, poke

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from spec_notify.watchers.files import FileWatcher
    from spec_notify.watchers.polling import Stamps
    from spec_notify.wiring import Wiring


class Watching:
    """The watching side of a wired repository."""

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring

    def pid(self) -> int | None:
        """Answer the process that watches this checkout, if one does."""
        held = holder(self._lock) if self._wiring.state.exists() else None
        return held.pid if held else None

    def lives(self) -> bool:
        """Say whether a watcher of this checkout will deliver what is queued."""
        return self.pid() is not None

    def poke(self) -> None:
        """Ask the watcher to look and deliver now."""
        poke(self._wiring.state)

    def lock(self) -> Lock:
        """Answer the lock that makes a watcher the only one here."""
        ensure(self._wiring.state)
        return Lock(self._lock)

    def watcher(self, hint: Callable[[str], None], warn: Callable[[str], None]) -> FileWatcher:
        """Answer a watcher of file events, not yet watching anything."""
        from spec_notify.watchers.files import FileWatcher

        return FileWatcher(hint=hint, warn=warn)

    def folders(self) -> list[Path]:
        """Answer the folders whose events matter: of documents, of git's state, of pokes."""
        wiring = self._wiring
        watched = wiring.workspace.watch_folders(wiring.config.paths)
        folders = [wiring.root / each for each in watched]
        own = wiring.root / ".spec-notify"
        folders += [own] if own.is_dir() else []
        folders += [wiring.git.git_dir] if wiring.git is not None else []
        return [*folders, ensure(ensure(wiring.state) / FOLDER)]

    def touched(self, now: int) -> bool:
        """Say whether a known document may have changed since this was last asked."""
        known = list(self._wiring.spool.documents())
        return bool(self._stamps.changed(known, now))

    @property
    def _lock(self) -> Path:
        return self._wiring.state / "watch.lock"

    @cached_property
    def _stamps(self) -> Stamps:
        from spec_notify.watchers.polling import Stamps

        return Stamps(self._wiring.root)
